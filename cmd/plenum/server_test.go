package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// testServer is a complete server, started as main does, on free ports. It logs at all levels. No token may be in its
// log.
type testServer struct {
	url, admin string
	stop       func() error // sends the signal, waits, and returns run's error
	log        *lockedBuffer
	hup        chan<- os.Signal
}

var urls = regexp.MustCompile(`^plenum serves (https?://\S+)/ \(admin (http://\S+)/\)\n$`)

func start(t *testing.T, flags ...string) *testServer {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, line := io.Pipe()
	log := &lockedBuffer{}
	hup := make(chan os.Signal, 1)
	args := append([]string{"serve", "--listen=127.0.0.1:0", "--admin=127.0.0.1:0"}, flags...)
	if !strings.Contains(strings.Join(flags, " "), "--config=") { // a flag would override its log level
		args = append(args, "--log-level=debug")
	}
	node := asNode(t, flags)
	args = append(append(args, tlsRun.flags...), node...)
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, hup, args, func(string) (string, bool) { return "", false }, line, log)
		_ = line.CloseWithError(io.EOF)
		ended <- err
	}()
	first, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, log)
	found := urls.FindStringSubmatch(first)
	require.NotNil(t, found, first)

	s := &testServer{url: found[1], admin: found[2], log: log, hup: hup}
	s.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		require.NoError(t, s.stop())
		require.NotContains(t, log.String(), "eyJ", "a token in the log")
		require.NotContains(t, log.String(), testSecret)
		http.DefaultClient.CloseIdleConnections()
	})
	if node != nil {
		s.isReady(t)
	}
	return s
}

// address returns the host and port of a URL.
func address(url string) string {
	_, host, _ := strings.Cut(url, "://")
	return host
}

// lockedBuffer is a log that the server writes and the test reads.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	return read(t, resp)
}

func read(t *testing.T, resp *http.Response) (status int, body string) {
	t.Helper()
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(b)
}

// metric returns the value of one series of GET /metrics.
func (s *testServer) metric(t *testing.T, series string) string {
	t.Helper()
	_, all := get(t, s.admin+"/metrics")
	for line := range strings.Lines(all) {
		if v, ok := strings.CutPrefix(line, series+" "); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// client is a WebSocket connection to one route, with a client of another library.
type client struct {
	t    *testing.T
	conn *websocket.Conn
	ctx  context.Context
}

func dial(t *testing.T, s *testServer, path string) *client {
	t.Helper()
	return dialWith(t, s, path, tlsRun.dialing())
}

func dialWith(t *testing.T, s *testServer, path string, options *websocket.DialOptions) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*wait)
	t.Cleanup(cancel)
	conn, _, err := websocket.Dial(ctx, s.url+path, options)
	require.NoError(t, err)
	conn.SetReadLimit(1 << 24)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{t: t, conn: conn, ctx: ctx}
}

func (c *client) sends(text string) {
	c.t.Helper()
	require.NoError(c.t, c.conn.Write(c.ctx, websocket.MessageText, []byte(text)))
}

var (
	timestamps = regexp.MustCompile(`"timestamp":\d{13}`)
	epochs     = regexp.MustCompile(`"epoch":"(\w+)"`)
)

// script replaces timestamps in a text by T and epochs by E.
func script(text string) string {
	return epochs.ReplaceAllString(timestamps.ReplaceAllString(text, `"timestamp":T`), `"epoch":"E"`)
}

// receives requires that the next message is want, which is written like a result of script.
func (c *client) receives(want string) {
	c.t.Helper()
	_, b, err := c.conn.Read(c.ctx)
	require.NoError(c.t, err)
	require.Equal(c.t, want, script(string(b)))
}

// isClosed requires that the connection is closed with this code and reason.
func (c *client) isClosed(code int, reason string) {
	c.t.Helper()
	_, b, err := c.conn.Read(c.ctx)
	var end websocket.CloseError
	require.ErrorAs(c.t, err, &end, "got %q", b)
	require.Equal(c.t, websocket.StatusCode(code), end.Code)
	require.Regexp(c.t, "^"+reason+"$", end.Reason)
}

func (c *client) leaves() {
	c.t.Helper()
	require.NoError(c.t, c.conn.Close(websocket.StatusNormalClosure, ""))
}
