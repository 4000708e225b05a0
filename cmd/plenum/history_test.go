package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/api"
	"plenum/codec"
)

// historyOf returns the response of GET …/messages, and requires that the messages are consecutive.
func historyOf(t *testing.T, s *testServer, room, query string) (all []codec.Message, page api.MessagePage) {
	t.Helper()
	status, body := get(t, s.url+"/api/rooms/"+room+"/messages"+query)
	require.Equal(t, 200, status, body)
	require.NoError(t, json.Unmarshal([]byte(body), &page))
	for _, b := range page.Messages {
		var m codec.Message
		require.NoError(t, json.Unmarshal(b, &m))
		if n := len(all); n > 0 {
			require.Equal(t, all[n-1].Seq+1, m.Seq)
		}
		all = append(all, m)
	}
	return all, page
}

func TestAnnouncementsOfReconnectsDoNotDisplaceMessagesFromTheHistory(t *testing.T) {
	alsoInACluster(t)
	s := start(t)
	bea := dial(t, s, "/ws/chat/a?username=Bea")
	bea.receives(`{"sender":"System","text":"Bea joined the room","room":"a","timestamp":T,"seq":1}`)
	for i := range 10 {
		bea.sends(fmt.Sprint("message ", i))
		bea.receives(fmt.Sprintf(`{"sender":"Bea","text":"message %d","room":"a","timestamp":T,"seq":%d}`, i, 2+i))
	}
	for range 3 { // twenty members at once, because in a cluster an announcement takes a while
		var others []*client
		for i := range 20 {
			others = append(others, dial(t, s, fmt.Sprint("/ws/chat/a?username=m", i)))
		}
		bea.receivesAnnouncements(20, "joined")
		for _, c := range others {
			c.leaves()
		}
		bea.receivesAnnouncements(20, "left")
	}
	const all = 1 + 10 + 2*60
	for _, query := range []string{"", "?limit=10", "?since=:0&limit=1000"} {
		messages, page := historyOf(t, s, "a", query)
		require.EqualValues(t, all, messages[len(messages)-1].Seq, query)
		assert.False(t, page.More, query)
		if query != "?limit=10" {
			assert.EqualValues(t, 1, messages[0].Seq, query)
			continue
		}
		assert.Equal(t, "message 0", messages[0].Text, "the tenth message from the end")
	}
	back := dial(t, s, "/ws/chat/a?username=Bea&since=:0")
	_, joined, err := back.conn.Read(back.ctx)
	require.NoError(t, err)
	require.Contains(t, string(joined), `{"type":"joined","room":"a",`)
	for i := range all {
		_, b, err := back.conn.Read(back.ctx)
		require.NoError(t, err)
		require.Contains(t, string(b), fmt.Sprintf(`"seq":%d}`, i+1))
	}
}

// receivesAnnouncements requires that the next n messages are announcements of this kind.
func (c *client) receivesAnnouncements(n int, kind string) {
	c.t.Helper()
	for range n {
		_, b, err := c.conn.Read(c.ctx)
		require.NoError(c.t, err)
		require.Regexp(c.t, `^{"sender":"System","text":"\w+ `+kind+` the room",`, string(b))
	}
}

// The history of many rooms must not take the memory that connections need.
func TestHistoryTakesAtMostAQuarterOfTheMemoryLimit(t *testing.T) {
	s := start(t, "--memory-limit=32MiB", "--max-message=1MiB")
	text := strings.Repeat("x", 200_000)
	for i := range 100 { // 20 MB
		status, _, _ := call(t, "POST", s.url+fmt.Sprintf("/api/rooms/r%d/messages", i), `{"text":"`+text+`"}`)
		require.Equal(t, 202, status)
	}
	require.Eventually(t, func() bool {
		size, err := strconv.ParseFloat(s.metric(t, "plenum_history_bytes"), 64)
		require.NoError(t, err)
		return size <= 8<<20
	}, wait, tick)
	assert.NotEqual(t, "0", s.metric(t, "plenum_history_forgotten_total"))
	status, _ := get(t, s.url+"/api/rooms/r99")
	assert.Equal(t, 200, status)
	status, _ = get(t, s.url+"/api/rooms/r0")
	assert.Equal(t, 404, status, "the history of the least recently used room")
}
