// Package deflate is permessage-deflate (RFC 7692) with no context taken over in
// either direction: every message stands alone, so what a room says is deflated once
// for all its members, and a connection keeps nothing. It is functions over byte slices,
// for a server and for the load client, which may be called from any goroutine; what
// they work with comes from pools.
//
// It does not look at frames: that RSV1 stands on a message's first frame alone, and only
// where the extension was negotiated (section 6.2), is for who reads them.
package deflate

import (
	"sync"

	"github.com/klauspost/compress/flate"
)

// MaxWindow is the window of RFC 1951, in bits: how far back a deflated message may refer at all.
const MaxWindow = 15

// tail is how a sync flush ends, cut off every message (section 7.2.1).
const tail = "\x00\x00\xff\xff"

// appender is an io.Writer that never fails, onto a slice of the caller's.
type appender struct{ to []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.to = append(a.to, p...)
	return len(p), nil
}

var appenders = sync.Pool{New: func() any { return new(appender) }}

// Append appends payload deflated as one message: flushed, and without the flush's last
// four bytes (section 7.2.1). No reference is further back than 1<<window bytes, window
// being 8 to 15: a payload that is longer is deflated in pieces of that length, none of
// which refers to another. An empty payload gives the byte 00 (section 7.2.3.6).
// payload is only read.
func Append(dst, payload []byte, window uint8) []byte {
	piece := len(payload)
	if window < MaxWindow {
		piece = 1 << window
	}
	a := appenders.Get().(*appender)
	a.to = dst
	for {
		n := min(piece, len(payload))
		_ = flate.StatelessDeflate(a, payload[:n], false, nil) // the appender's error, which is nil
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
