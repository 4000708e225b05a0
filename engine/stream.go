package engine

import (
	"bytes"
	"fmt"
	"net/http"
	"time"
)

// Stream is an endless answer to a GET, such as server-sent events, on a connection
// that costs what a WebSocket does. All of a route's may share one.
type Stream struct {
	// Beat is sent every Period, so that proxies keep the connection, and so that a peer
	// that has vanished is found: it has Config.PingTimeout to acknowledge what it is sent.
	Beat   []byte
	Period time.Duration // more than 0
	// Last returns what is sent before the end.
	Last func(CloseStatus) []byte
}

// Stream answers a GET with 200, w's headers and a body without end, and hands the
// connection to h: it goes on and ends as after Upgrade, but for OnMessage, which is not
// called, and the close code of a client that just goes, 1005. What the client sends is
// dropped. Errors are as Upgrade's.
func (e *Engine) Stream(w http.ResponseWriter, r *http.Request, s *Stream, h Handler) error {
	head := bytes.NewBufferString("HTTP/1.1 200 OK\r\nConnection: close\r\n")
	_ = w.Header().Write(head) // into memory
	head.WriteString("\r\n")
	return e.serve(w, r, &Conn{engine: e, handler: h, stream: s}, head.Bytes())
}

// WriteEvents is WriteFrames for a Stream of server-sent events: pieces of text that
// end with the first empty line.
func (c *Conn) WriteEvents(b []byte) (taken int, err error) {
	return c.out.writePieces(c, b, wholeEvents)
}

// wholeEvents returns where the event of b ends that has its nth byte.
func wholeEvents(b []byte, n int) int {
	from := max(n-2, 0)
	end := bytes.Index(b[from:], []byte("\n\n"))
	if end < 0 {
		panic(fmt.Sprintf("engine: %d bytes without an event's end", len(b)-from))
	}
	return from + end + 2
}
