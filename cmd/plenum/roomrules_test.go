package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// exampleOfRooms returns the example of the key rooms in OPERATING.md, in a file.
func exampleOfRooms(t *testing.T) string {
	t.Helper()
	_, example, found := strings.Cut(source(t, "cmd/plenum/OPERATING.md"), "```yaml\nrooms:\n")
	require.True(t, found)
	example, _, _ = strings.Cut(example, "```")
	file := filepath.Join(t.TempDir(), "plenum.yaml")
	require.NoError(t, os.WriteFile(file, []byte("rooms:\n"+example), 0o600))
	return file
}

func TestRoomsHaveTheSettingsOfTheFirstPatternThatMatches(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--config="+exampleOfRooms(t))
	joins := func(name, room string) *client {
		c := dial(t, s, "/ws?username="+name)
		c.sends(`{"type":"join","room":"` + room + `"}`)
		_, joined, err := c.conn.Read(c.ctx)
		require.NoError(t, err)
		require.Contains(t, string(joined), `"type":"joined"`)
		return c
	}
	announced := func(room string, count int) string {
		return fmt.Sprintf(`{"sender":"System","text":"%d joined, 0 left, %d here","room":%q,"timestamp":T,"seq":1}`, count, count, room)
	}

	news := joins("Alex", "news-1")
	news.asks(`{"type":"publish","room":"news-1","text":"hi"}`, `{"type":"error","code":"not_allowed","message":"only the API publishes in this room"}`)
	chat := dial(t, s, "/ws/chat/news-1?username=Bea")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "2" }, wait, tick)
	chat.sends("hi")
	chat.isClosed(1008, "Not allowed")
	s.post(t, "news-1", "from the API")
	news.receives(`{"sender":"Alex","text":"from the API","room":"news-1","timestamp":T,"seq":1}`)

	game := joins("Alex", "game-1")
	game.receives(announced("game-1", 1))
	for n := range 30 {
		s.post(t, "game-1", fmt.Sprint(n))
	}
	require.Eventually(t, func() bool {
		_, page := get(t, s.url+"/api/rooms/game-1/messages?since=:0")
		return strings.Count(page, `"sender":"Alex"`) == 10 && strings.Contains(page, `"text":"29"`)
	}, wait, tick)

	other := joins("Alex", "other")
	other.receives(`{"sender":"System","text":"Alex joined the room","room":"other","timestamp":T,"seq":1}`)
	other.sends(`{"type":"publish","room":"other","text":"hi"}`)
	for n := range 30 {
		s.post(t, "other", fmt.Sprint(n))
	}
	require.Eventually(t, func() bool {
		_, page := get(t, s.url+"/api/rooms/other/messages?since=:0")
		return strings.Count(page, `"sender":"Alex"`) == 31
	}, wait, tick)
	status, _, _ := call(t, http.MethodGet, s.url+"/api/rooms/news-1", "")
	assert.Equal(t, http.StatusOK, status)
}

func TestRulesOfRoomsHoldForMessagesThatAreStored(t *testing.T) {
	plainOnly(t, "the test has a directory of its own")
	t.Parallel()
	flags := []string{"--config=" + exampleOfRooms(t), "--data=" + t.TempDir()}
	s := start(t, flags...)
	s.isReady(t)
	for n := range 30 {
		s.post(t, "game-1", fmt.Sprint(n))
	}
	require.NoError(t, s.stop())
	s = start(t, flags...)
	s.isReady(t)
	_, page := get(t, s.url+"/api/rooms/game-1/messages?since=:0")
	assert.Equal(t, 10, strings.Count(page, `"sender":"Alex"`), page)
	assert.Contains(t, page, `"text":"29"`)
	listener := dial(t, s, "/ws/chat/game-1?since=:0")
	_, joined, err := listener.conn.Read(listener.ctx)
	require.NoError(t, err)
	require.Contains(t, string(joined), `"seq":30`)
	listener.receives(`{"type":"gap","room":"game-1","from":1,"to":20,"epoch":"E"}`)
	listener.receives(`{"sender":"Alex","text":"20","room":"game-1","timestamp":T,"seq":21}`)
}
