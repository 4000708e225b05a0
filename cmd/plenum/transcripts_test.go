package main

import (
	"bufio"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// These match the fenced blocks with a transcript, its requests by curl, and its closes of connections.
var (
	transcripts = regexp.MustCompile("(?s)```text\n(.*?)```")
	curls       = regexp.MustCompile(`^curl (?:-N )?(?:-d '(.*)' )?'?(http://[^']*?)'?$`)
	closes      = regexp.MustCompile(`^closed (\d+) (.*)$`)
)

// dialect translates the lines of a document for one server. who names the client of a line: its number, or "" for the first
// client.
type dialect interface {
	url(line, body string) string // the URL of a line, on this server; body is that of a POST request
	says(who, line string) string // the message that a client sends
	hears(who, line string)       // notes a message that a client has received
	same(line string) string      // a received message, or a line of the document, without the parts that differ between servers
}

// The transcripts of a document are one session with one server, from the first to the last. A line is sent (>)
// or received (<). Lines that are received together may come in another order. PUSHER.md explains its further kinds of lines.
func TestServerAnswersAsTheTranscriptsOfTheDocumentsSay(t *testing.T) {
	plainOnly(t, "the addresses of the documents are plain")
	t.Parallel()
	for document, least := range map[string]int{"codec/PROTOCOL.md": 5, "codec/PUSHER.md": 6, "README.md": 0} {
		t.Run(document, func(t *testing.T) {
			found := transcripts.FindAllStringSubmatch(source(t, document), -1)
			require.GreaterOrEqual(t, len(found), least)
			var s *testServer
			var d dialect
			if document == "codec/PUSHER.md" {
				s = start(t, `--apps=[{"id":"1","key":"demo-key","secret":"demo-secret","client-events":true}]`)
				d = newPusherDialect(t, s)
			} else {
				s = start(t)
				d = nativeDialect{t, s}
			}
			for _, match := range found {
				s.plays(t, d, strings.Split(strings.TrimSpace(match[1]), "\n"))
			}
		})
	}
}

// plays plays a transcript.
func (s *testServer) plays(t *testing.T, d dialect, lines []string) {
	t.Helper()
	if curl := curls.FindStringSubmatch(lines[0]); curl != nil {
		answers(t, d, lines[1:], curl[1], d.url(curl[2], curl[1]))
		return
	}
	p := play{t: t, s: s, dialect: d, clients: map[string]*client{}, due: map[string][]string{}}
	for _, line := range lines {
		p.does(line)
	}
	p.ends()
}

// answers sends an HTTP request and expects the lines at the start of the response.
func answers(t *testing.T, d dialect, lines []string, body, url string) {
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
	require.Less(t, resp.StatusCode, 300)
	in := bufio.NewReader(resp.Body)
	for _, want := range lines {
		line, err := in.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, strings.TrimSpace(d.same(want)), strings.TrimSpace(d.same("< "+line)))
	}
}

// play is a transcript that is played.
type play struct {
	dialect
	t       *testing.T
	s       *testServer
	clients map[string]*client  // by number
	due     map[string][]string // by client, the lines that it must receive before the next line that is not received
}

// does carries out a line.
func (p *play) does(line string) {
	p.t.Helper()
	who := ""
	if number, rest, found := strings.Cut(line, " "); found && len(number) == 1 && number >= "1" && number <= "9" {
		who, line = number, rest
	}
	if received, ok := strings.CutPrefix(line, "< "); ok {
		p.due[who] = append(p.due[who], received)
		return
	}
	p.receives()
	sent, sends := strings.CutPrefix(line, "> ")
	curl, closed := curls.FindStringSubmatch(line), closes.FindStringSubmatch(line)
	switch {
	case sends:
		p.clients[who].sends(p.says(who, sent))
	case curl != nil:
		answers(p.t, p.dialect, nil, curl[1], p.url(curl[2], curl[1]))
	case closed != nil:
		code, err := strconv.Atoi(closed[1])
		require.NoError(p.t, err)
		p.clients[who].isClosed(code, closed[2])
		delete(p.clients, who)
	default:
		require.True(p.t, strings.HasPrefix(line, "ws://"), line)
		p.clients[who] = dial(p.t, p.s, strings.TrimPrefix(p.url(line, ""), "ws://"+address(p.s.url)))
	}
}

// receives requires that each client receives the lines that are due for it.
func (p *play) receives() {
	p.t.Helper()
	for who, due := range p.due {
		var want, got []string
		for _, line := range due {
			_, b, err := p.clients[who].conn.Read(p.clients[who].ctx)
			require.NoError(p.t, err)
			p.hears(who, string(b))
			want, got = append(want, p.same(line)), append(got, p.same(string(b)))
		}
		require.ElementsMatch(p.t, want, got)
	}
	clear(p.due)
}

// ends closes the connections.
func (p *play) ends() {
	p.t.Helper()
	p.receives()
	for _, c := range p.clients {
		c.leaves()
	}
	require.Eventually(p.t, func() bool { return p.s.metric(p.t, "plenum_members") == "0" }, wait, tick)
}

// nativeDialect is the dialect of plenum's own protocol. In documents, 1x stands for the epoch of the room general.
type nativeDialect struct {
	t *testing.T
	s *testServer
}

func (d nativeDialect) url(line, _ string) string {
	return d.real(strings.ReplaceAll(line, "127.0.0.1:8080", address(d.s.url)))
}
func (d nativeDialect) says(_, line string) string { return d.real(line) }
func (d nativeDialect) hears(string, string)       {}
func (d nativeDialect) same(line string) string    { return d.real(script(line)) }

// documentedEpoch matches the epoch of the documents as a whole word, because a real epoch may have these letters too.
var documentedEpoch = regexp.MustCompile(`\b1x\b`)

// real returns the line with the epoch of the room general.
func (d nativeDialect) real(line string) string {
	if !documentedEpoch.MatchString(line) {
		return line
	}
	return documentedEpoch.ReplaceAllString(line, d.s.epoch(d.t, "general"))
}

// epoch returns the epoch of a room.
func (s *testServer) epoch(t *testing.T, room string) string {
	t.Helper()
	_, shown := get(t, s.url+"/api/rooms/"+room)
	found := epochs.FindStringSubmatch(shown)
	require.NotNil(t, found, shown)
	return found[1]
}
