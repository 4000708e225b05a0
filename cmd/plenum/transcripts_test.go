package main

import (
	"bufio"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The fenced blocks with a transcript, and the requests by curl that may begin one.
var (
	transcripts = regexp.MustCompile("(?s)```text\n(.*?)```")
	curls       = regexp.MustCompile(`^curl (?:-N )?(?:-d '(.*)' )?'?(http://[^']*?)'?$`)
)

// The transcripts of a document are one session with one server, from the first to the last. A line is sent (>)
// or received (<). Lines that are received together may come in another order. 1x stands for the epoch of
// the room general.
func TestServerAnswersAsTheTranscriptsOfTheDocumentsSay(t *testing.T) {
	plainOnly(t, "the addresses of the documents are plain")
	t.Parallel()
	for document, least := range map[string]int{"codec/PROTOCOL.md": 5, "README.md": 0} {
		t.Run(document, func(t *testing.T) {
			found := transcripts.FindAllStringSubmatch(source(t, document), -1)
			require.GreaterOrEqual(t, len(found), least)
			start(t).plays(t, found)
		})
	}
}

// plays plays the transcripts, the matches of a document.
func (s *testServer) plays(t *testing.T, found [][]string) {
	t.Helper()
	epoch := ""
	for _, match := range found {
		lines := strings.Split(strings.TrimSpace(match[1]), "\n")
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

// expected returns the lines as scripts, with the ids of events of this server.
func expected(lines []string, epoch string) (all []string) {
	for _, line := range lines {
		all = append(all, strings.ReplaceAll(script(line), "id: 1x:", "id: "+epoch+":"))
	}
	return all
}

// answers sends an HTTP request and expects the lines at the start of the response.
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

// converses opens a WebSocket, plays the lines, and closes it.
func (s *testServer) converses(t *testing.T, url string, lines []string) {
	t.Helper()
	c := dial(t, s, strings.TrimPrefix(url, "ws://"+address(s.url)))
	var together []string
	for _, line := range append(lines, "> ") {
		if received, ok := strings.CutPrefix(line, "< "); ok {
			together = append(together, received)
			continue
		}
		c.receivesBoth(together...)
		together = nil
		if sent := strings.TrimPrefix(line, "> "); sent != "" {
			c.sends(strings.ReplaceAll(sent, "1x", s.epoch(t, "general")))
		}
	}
	c.leaves()
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "0" }, wait, tick)
}

// epoch returns the epoch of a room.
func (s *testServer) epoch(t *testing.T, room string) string {
	t.Helper()
	_, shown := get(t, s.url+"/api/rooms/"+room)
	found := epochs.FindStringSubmatch(shown)
	require.NotNil(t, found, shown)
	return found[1]
}
