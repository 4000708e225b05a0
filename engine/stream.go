package engine

import (
	"bytes"
	"fmt"
	"net/http"
	"time"
)

// Stream describes endless HTTP responses, such as server-sent events. Many connections may share one Stream. Its
// fields must not change after the first use.
type Stream struct {
	// Beat is sent every Period, unless other bytes are queued. It keeps proxies from closing the connection. It also
	// detects a peer that has vanished, unless Config.PingPeriod is negative. If the peer's TCP acknowledges nothing for
	// Config.PingTimeout, not even a zero-window probe, the connection is cut and counted as Silent. Last is not called.
	Beat   []byte
	Period time.Duration // must be more than 0
	// Last returns the bytes to send before the connection is closed. It is called with locks held, by any goroutine,
	// and must not block or call a method of any Conn, except for AfterTurn and Poller.
	Last func(CloseStatus) []byte
}

// Stream answers a GET with status 200, the headers of w and a body without end, and hands the connection to h. For c, w
// and r, the rules of Upgrade apply. Stream checks nothing in r, but it refuses the connection at the same bounds as
// Upgrade and returns the same errors for that.
//
// The connection works like one after Upgrade, with these differences. Received bytes are dropped, so OnMessage is not
// called. Send and WriteEvents write bytes without framing. OnClose gets code 1005 if the client has left or vanished.
func (e *Engine) Stream(w http.ResponseWriter, r *http.Request, s *Stream, c *Conn, h Handler) error {
	head := bytes.NewBufferString("HTTP/1.1 200 OK\r\nConnection: close\r\n")
	_ = w.Header().Write(head) // writing to memory cannot fail
	head.WriteString("\r\n")
	return e.serve(w, r, traits{engine: e, stream: s}, c, h, head.Bytes())
}

// WriteEvents is WriteFrames for a Stream of server-sent events. b consists of whole events, each of which ends with an
// empty line. It must not be called for a WebSocket, nor WriteFrames for a Stream.
func (c *Conn) WriteEvents(b []byte) (taken int, err error) {
	return c.out.writePieces(c, b, wholeEvents)
}

// wholeEvents returns the end of the event in b that contains the nth byte of b, counted from 1.
func wholeEvents(b []byte, n int) int {
	from := max(n-2, 0)
	end := bytes.Index(b[from:], []byte("\n\n"))
	if end < 0 {
		panic(fmt.Sprintf("engine: WriteEvents: the last event has no empty line at its end (%d bytes)", len(b)-from))
	}
	return from + end + 2
}
