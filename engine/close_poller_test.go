package engine_test

import (
	"context"
	"net/http"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

// OnClose runs on the connection's poller. So all pollers handle a burst of closes, not one goroutine. The suite runs this test
// over TLS, too.
func TestEachKindOfCloseIsHandledByAPoller(t *testing.T) {
	stream := "GET /stream HTTP/1.1\r\nHost: plenum.test\r\n\r\n"
	kind := &engine.Stream{Period: time.Minute, Last: func(engine.CloseStatus) []byte { return nil }}
	ways := map[string]string{
		"on the poller":              handshake,
		"on a goroutine":             strings.Replace(handshake, "GET / ", "GET /blocking ", 1),
		"by net/http":                strings.Replace(handshake, "Host: ", "Host:\t", 1), // only net/http parses this
		"a stream, also by net/http": stream,
	}
	ends := map[string]func(*server, *client, *engine.Conn){
		"FIN":  func(_ *server, c *client, _ *engine.Conn) { _ = c.conn.CloseWrite() },
		"RST":  func(_ *server, c *client, _ *engine.Conn) { _ = c.conn.SetLinger(0); _ = c.conn.tcp.Close() },
		"peer": func(_ *server, c *client, _ *engine.Conn) { c.send(closing, closePayload(1000, "")) },
		"Close": func(_ *server, c *client, conn *engine.Conn) {
			go func() { _ = conn.Close(1000, "") }()
			if op, _, err := c.readFrame(); err == nil && op == frame.Close {
				c.send(closing, closePayload(1000, ""))
			}
		},
		"timeout": func(_ *server, _ *client, conn *engine.Conn) { _ = conn.Close(1000, "") },
		"refusal": func(_ *server, c *client, _ *engine.Conn) {
			c.write([]byte("\xff\xff not a frame"))
			_ = c.conn.CloseWrite()
		},
		"Shutdown": func(s *server, _ *client, _ *engine.Conn) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_ = s.Shutdown(ctx)
		},
	}
	for way, request := range ways {
		for end, begin := range ends {
			if request == stream && (end == "peer" || end == "refusal") {
				continue // the bytes of a stream's client are dropped
			}
			opened, returned, stacks := make(chan *engine.Conn, 1), make(chan error, 1), make(chan string, 1)
			h := hooks{
				open:   func(c *engine.Conn) { opened <- c },
				closed: func(*engine.Conn, int) { stacks <- string(debug.Stack()) },
			}
			var s *server
			s = serveRoutes(t, listen(t, 0), engine.Config{
				CloseTimeout: early,
				NonBlocking:  func(r *http.Request) bool { return r.URL.Path == "/" },
			}, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/stream" {
					returned <- s.Stream(w, r, kind, nil, h)
					return
				}
				returned <- s.Upgrade(w, r, nil, h)
			})
			c := s.connect(t)
			c.write([]byte(request))
			_, err := http.ReadResponse(c.in, nil)
			require.NoError(t, err)
			conn := <-opened
			require.NoError(t, <-returned)
			if request != stream { // the poller has registered the connection when it answers
				c.send(ping, "")
				c.want(frame.Pong, "")
			}
			begin(s, c, conn)
			stack := <-stacks
			assert.Contains(t, stack, "readWriteLoop", "%s, %s", way, end)
			if request != stream && (end == "FIN" || end == "RST") { // the job that registers a stream may see its end
				assert.NotContains(t, stack, "mailbox", "%s, %s: at once, not as a job", way, end)
			}
		}
	}
}
