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
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// testServer is a whole plenum, run as main runs it, on ports of its own, which logs all it
// ever logs. No token may be in that.
type testServer struct {
	url, admin string
	stop       func() error // sends the signal and waits; what run returned
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
	if !strings.Contains(strings.Join(flags, " "), "--config=") { // whose level a flag would hide
		args = append(args, "--log-level=debug")
	}
	node := asNode(t, flags)
	args = append(append(args, secret.flags...), node...)
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

// address is a URL's host and port.
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

// metric is the value of one series on the admin listener.
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

// client is a dialogue with one route, by another library's WebSocket client.
type client struct {
	t    *testing.T
	conn *websocket.Conn
	ctx  context.Context
}

func dial(t *testing.T, s *testServer, path string) *client {
	t.Helper()
	return dialWith(t, s, path, secret.dialing())
}

func dialWith(t *testing.T, s *testServer, path string, options *websocket.DialOptions) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	conn, _, err := websocket.Dial(ctx, s.url+path, options)
	require.NoError(t, err)
	conn.SetReadLimit(1 << 24)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{t: t, conn: conn, ctx: ctx}
}

func (c *client) says(text string) {
	c.t.Helper()
	require.NoError(c.t, c.conn.Write(c.ctx, websocket.MessageText, []byte(text)))
}

var (
	timestamps = regexp.MustCompile(`"timestamp":\d{13}`)
	epochs     = regexp.MustCompile(`"epoch":"(\w+)"`)
)

// script is a text as a test writes it: T stands for a timestamp, E for an epoch.
func script(text string) string {
	return epochs.ReplaceAllString(timestamps.ReplaceAllString(text, `"timestamp":T`), `"epoch":"E"`)
}

// hears expects one message, as a script.
func (c *client) hears(want string) {
	c.t.Helper()
	_, b, err := c.conn.Read(c.ctx)
	require.NoError(c.t, err)
	require.Equal(c.t, want, script(string(b)))
}

// isClosed expects the end, with a close code and a reason.
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
