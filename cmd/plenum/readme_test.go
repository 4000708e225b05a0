package main

import (
	"bufio"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	dialogues = regexp.MustCompile("(?s)```text\n(.*?)```")
	curls     = regexp.MustCompile(`^curl (?:-N )?(?:-d '(.*)' )?'?(http://[^']*?)'?$`)
)

// The README's transcripts are one story, told to one server from the first to the last:
// what is sent (>) and what comes (<), of which lines that come together may come in
// another order. 1x stands for the epoch of the room general.
func TestTheTranscriptsOfTheREADMEAreTrue(t *testing.T) {
	plainOnly(t, "the addresses of the documents are plain")
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	found := dialogues.FindAllStringSubmatch(string(text), -1)
	require.GreaterOrEqual(t, len(found), 5)
	s := start(t)
	epoch := ""
	for _, d := range found {
		lines := strings.Split(strings.TrimSpace(d[1]), "\n")
		first := strings.ReplaceAll(strings.ReplaceAll(lines[0], "1x", epoch), "127.0.0.1:8080", address(s.url))
		lines = expected(lines[1:], epoch)
		if curl := curls.FindStringSubmatch(first); curl != nil {
			answers(t, lines, curl[1], curl[2])
		} else {
			s.converses(t, first, lines)
		}
		epoch = s.epoch(t, "general")
	}
}

// expected are lines as scripts, with the ids of events of this server.
func expected(lines []string, epoch string) (all []string) {
	for _, line := range lines {
		all = append(all, strings.ReplaceAll(script(line), "id: 1x:", "id: "+epoch+":"))
	}
	return all
}

// answers asks by HTTP and expects the lines at the start of the answer.
func answers(t *testing.T, lines []string, body, url string) {
	t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	in := bufio.NewReader(resp.Body)
	for _, want := range lines {
		line, err := in.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, want, strings.TrimSpace("< "+script(line)))
	}
}

// converses opens a WebSocket, plays the lines, and leaves.
func (s *testServer) converses(t *testing.T, url string, lines []string) {
	t.Helper()
	c := dial(t, s, strings.TrimPrefix(url, "ws://"+address(s.url)))
	var together []string
	for _, line := range append(lines, "> ") {
		if heard, ok := strings.CutPrefix(line, "< "); ok {
			together = append(together, heard)
			continue
		}
		c.hearsBoth(together...)
		together = nil
		if said := strings.TrimPrefix(line, "> "); said != "" {
			c.says(strings.ReplaceAll(said, "1x", s.epoch(t, "general")))
		}
	}
	c.leaves()
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "0" }, wait, tick)
}

// epoch is a room's.
func (s *testServer) epoch(t *testing.T, room string) string {
	t.Helper()
	_, shown := get(t, s.url+"/api/rooms/"+room)
	found := epochs.FindStringSubmatch(shown)
	require.NotNil(t, found, shown)
	return found[1]
}
