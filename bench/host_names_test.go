package bench

import (
	"context"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/drive"
	"plenum/bench/internal/fakeserver"
)

// localhost returns text with the host name in place of its address.
func localhost(text string) string { return strings.Replace(text, "127.0.0.1", "localhost", 1) }

func TestEachScenarioResolvesTheHostName(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	traffic := trafficTo(h, 100*time.Millisecond)
	traffic.URL = localhost(traffic.URL)
	fan := Fan{Traffic: traffic, Rooms: 1, Members: 2, Senders: 1, Rate: 50}
	many := manyTo(h)
	many.URL = localhost(many.URL)
	for _, s := range []Scenario{
		&fan,
		&Slow{Fan: fan},
		&Churn{Fan: fan, Leaves: 10},
		&Hour{Churn: Churn{Fan: fan, Leaves: 10}, Stall: Duration(time.Second), StallEvery: Duration(time.Minute), SeriesEvery: Duration(time.Second)},
		&Zipf{Traffic: traffic, Rooms: 2, Connections: 4, Rate: 50},
		&Saturate{Fan: fan, Bound: Duration(10 * time.Second), Most: 50, Fine: 1},
		many,
		&Idle{Options: traffic.Options, Members: 2, Steps: []int{2}},
		&Connect{Options: traffic.Options, Storm: 2, Keep: 1, Members: 2},
	} {
		checkHostName(t, s)
	}
}

// It is not parallel, because presence waits until the server, which is this process, is idle.
func TestPresenceResolvesTheHostName(t *testing.T) {
	channels := pusherTo(fakeserver.NewHub(t))
	channels.URL = localhost(channels.URL)
	checkHostName(t, &Presence{Options: channels.Options, Members: 2, Rate: 50, List: 10, Info: 32})
}

// checkHostName runs a scenario and checks that it has found its server.
func checkHostName(t *testing.T, s Scenario) {
	t.Helper()
	r := measured(t, s)
	assert.Empty(t, r.Failures, "%T", s)
	assert.NotContains(t, strings.Join(r.Notes, ""), "the server's process was not found", "%T", s)
}

func TestAHostNameThatDoesNotResolveIsAnErrorOfTheRun(t *testing.T) {
	traffic := trafficTo(&fakeserver.Hub{URL: "ws://no-such-host.invalid:8080/"}, time.Second)
	fan := &Fan{Traffic: traffic, Rooms: 1, Members: 2, Senders: 1, Rate: 50}
	require.NoError(t, fan.Validate(), "the options are not wrong")
	_, err := fan.Run(fakeserver.Context(t), &drive.Driver{})
	assert.ErrorContains(t, err, `--url: the host name "no-such-host.invalid" does not resolve: `)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = fan.Run(ctx, &drive.Driver{})
	assert.ErrorIs(t, err, context.Canceled)
}

func TestTheProcessOfAServerThatHasJustStartedIsFound(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := ln.Addr().String()
	require.NoError(t, ln.Close())
	started := make(chan func() error, 1)
	time.AfterFunc(100*time.Millisecond, func() {
		ln, err := net.Listen("tcp", address)
		assert.NoError(t, err)
		started <- ln.Close
	})
	o := Options{URL: "ws://" + address + "/"}
	require.NoError(t, o.resolve(t.Context()))
	watch, err := o.findServer(t.Context())
	require.NoError(t, (<-started)())
	require.NoError(t, err)
	assert.Equal(t, os.Getpid(), watch.Used().PID)
}
