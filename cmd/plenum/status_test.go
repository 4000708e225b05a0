package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/admin"
	"plenum/engine"
	"plenum/rooms"
)

// status is the part of GET /status that tests read.
type status struct {
	Version        string
	Uptime         float64 `json:"uptime_seconds"`
	Drain          *admin.Drain
	Connections    int
	MaxConnections int `json:"connections_max"`
	Rooms          int
	Lagging        int `json:"members_behind"`
	Deliveries     uint64
	FanOut         struct {
		Within []uint64
		Total  uint64
	} `json:"fan_out"`
	Refused map[string]uint64
	Closed  map[int]uint64
	Memory  struct{ Used, Limit int64 }
	CPU     float64 `json:"cpu_seconds"`
	Cluster *clusterStatus
}

// status requests GET /status.
func (s *testServer) status(t *testing.T) (now status) {
	t.Helper()
	code, body := get(t, s.admin+"/status")
	require.Equal(t, http.StatusOK, code)
	require.NoError(t, json.Unmarshal([]byte(body), &now))
	return now
}

func TestStatusAndMetricsReportTheSameValues(t *testing.T) {
	t.Parallel()
	s := start(t, "--max-conns=100", "--memory-limit=1GiB")
	a := dial(t, s, "/ws/chat/a?username=Alex")
	a.receives(`{"sender":"System","text":"Alex joined the room","room":"a","timestamp":T,"seq":1}`)
	dial(t, s, "/ws/chat/a?username=System").isClosed(1008, "Name reserved")
	a.sends("hi")
	a.receives(`{"sender":"Alex","text":"hi","room":"a","timestamp":T,"seq":2}`)
	lobby := dial(t, s, "/chat")
	lobby.receives("You are connected! There are 1 users here.")
	// A member of the lobby counts as behind until the greeting is sent. Deliveries to it are not timed until then.
	require.Eventually(t, func() bool { return s.status(t).Lagging == 0 }, wait, tick)
	lobby.sends("hello")
	lobby.receives("[user0]: hello")
	require.Eventually(t, func() bool { // deliveries are counted when their flush has ended
		now := s.status(t)
		return now.Closed[1008] == 1 && now.Deliveries == 3 && now.FanOut.Total == 3
	}, wait, tick)

	now := s.status(t)
	for series, value := range map[string]any{
		"fanout_seconds_count": now.FanOut.Total, `fanout_seconds_bucket{le="10"}`: now.FanOut.Within[len(now.FanOut.Within)-1],
		`refused_total{reason="name_reserved"}`: now.Refused["name_reserved"], `closed_total{code="1008"}`: now.Closed[1008],
	} {
		assert.Equal(t, fmt.Sprint(value), s.metric(t, "plenum_"+series), series)
	}
	_, body := get(t, s.admin+"/status")
	var raw map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(body), &raw))
	for _, c := range counters() {
		if c.Key != "" {
			assert.Equal(t, string(raw[c.Key]), s.metric(t, "plenum_"+c.Metric), c.Key)
		}
	}
	assert.Equal(t, 2, now.Rooms)
	assert.EqualValues(t, 3, now.Deliveries)
	assert.EqualValues(t, 3, now.FanOut.Total)
	assert.Equal(t, 100, now.MaxConnections)
	assert.EqualValues(t, 1<<30, now.Memory.Limit)
	assert.Positive(t, now.Memory.Used)
	assert.Positive(t, now.CPU)
	assert.Positive(t, now.Uptime)
	assert.Equal(t, version(), now.Version)
	assert.Nil(t, now.Drain)
}

// counters returns the tables of all counters.
func counters() (all []rooms.Definition) {
	for _, c := range engine.Counters {
		all = append(all, rooms.Definition(c))
	}
	return append(all, rooms.Counters[:]...)
}

func TestStatusReportsTheProgressOfTheDrain(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--drain-delay=500ms", "--drain-window=7s")
	a := dial(t, s, "/echo/raw")
	mute := dialRaw(t, s, "/echo/raw") // it does not respond, so the drain waits for it
	defer mute.Close()
	require.Eventually(t, func() bool { return s.status(t).Connections == 2 }, wait, tick)
	go s.stop() // the end of the test waits for it
	a.retryDelay()
	require.Eventually(t, func() bool { return s.status(t).Connections == 1 }, wait, tick)
	now := s.status(t)
	assert.Equal(t, &admin.Drain{Connections: 2, Seconds: now.Drain.Seconds, Delay: 0.5, Window: 7}, now.Drain)
	assert.Greater(t, now.Drain.Seconds, 0.5)
	assert.Less(t, now.Drain.Seconds, now.Uptime)
}

func TestTheConsoleIsServedOnlyOnTheAdminListener(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	s := start(t)
	for path, want := range map[string]int{"/": 200, "/console.js": 200, "/status": 200, "/index.html": 404, "/nowhere": 404, "/status/": 404} {
		status, _ := get(t, s.admin+path)
		assert.Equal(t, want, status, path)
	}
	resp, err := http.Post(s.admin+"/", "text/plain", nil)
	require.NoError(t, err)
	status, _ := read(t, resp)
	assert.Equal(t, http.StatusMethodNotAllowed, status)
	status, _ = get(t, s.url+"/status")
	assert.Equal(t, http.StatusNotFound, status, "the public listener does not serve it")
	for _, path := range []string{"/", "/status"} {
		r, err := http.NewRequest(http.MethodGet, s.admin+path, nil)
		require.NoError(t, err)
		r.Host = "evil.example"
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		status, _ := read(t, resp)
		assert.Equal(t, http.StatusForbidden, status, "a domain that resolves to this machine")
	}
}
