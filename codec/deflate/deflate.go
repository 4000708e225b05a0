// Package deflate compresses and decompresses the messages of permessage-deflate (RFC 7692), without context takeover in
// either direction. So each message is compressed by itself. A message for many members is compressed once, and a connection
// has no compression state.
//
// The functions work on byte slices, and may be called from any goroutine. Their compressors come from pools. The server and the
// load generator use them.
//
// The package does not read frames. The caller checks that RSV1 is set only on the first frame of a message, and only if
// the extension was negotiated (section 6.2).
package deflate

import (
	"sync"

	"github.com/klauspost/compress/flate"
)

// MaxWindow is the largest window, in bits. A reference of a deflated message goes back at most 1<<MaxWindow bytes
// (RFC 1951).
const MaxWindow = 15

// tail is the end of a sync flush. The sender removes it from every message (section 7.2.1).
const tail = "\x00\x00\xff\xff"

// appender is an io.Writer that appends to a slice and never fails.
type appender struct{ to []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.to = append(a.to, p...)
	return len(p), nil
}

var appenders = sync.Pool{New: func() any { return new(appender) }}

// Append appends payload deflated as one message, without the last four bytes of the flush (section 7.2.1). An
// empty payload becomes the byte 00 (section 7.2.3.6). payload is only read.
//
// window is 8 to 15, in bits. No reference goes back more than 1<<window bytes. If window is less than MaxWindow, the payload
// is deflated in pieces of 1<<window bytes. No piece refers to another.
func Append(dst, payload []byte, window uint8) []byte {
	piece := len(payload)
	if window < MaxWindow {
		piece = 1 << window
	}
	a := appenders.Get().(*appender)
	a.to = dst
	for {
		n := min(piece, len(payload))
		_ = flate.StatelessDeflate(a, payload[:n], false, nil) // an appender does not fail
		payload = payload[n:]
		if len(payload) == 0 {
			break
		}
	}
	dst = a.to[:len(a.to)-len(tail)]
	a.to = nil
	appenders.Put(a)
	return dst
}
