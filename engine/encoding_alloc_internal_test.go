//go:build !race

package engine

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/codec/frame"
)

// This test does not run with the race detector, under which sync.Pool drops items at random.
func TestEncodingAndDecodingAllocateNothing(t *testing.T) {
	e := unstarted(t, Config{Extensions: []Extension{Deflate(64), suffixing('a', frame.RSV2, 0)}})
	payload := bytes.Repeat([]byte("much the same, "), 100)
	for _, offer := range []string{"permessage-deflate", "permessage-deflate, a", "a, permessage-deflate"} {
		l := pairUp(t, e, nopHandler{})
		_, l.encoding = e.negotiate(nil, []string{offer})
		var b []byte
		encode := func() { b = l.encoding.AppendFrame(b[:0], frame.Text, payload) }
		encode()
		assert.Zero(t, testing.AllocsPerRun(100, encode), offer)

		_, n, _ := frame.ParseHeader(b)
		whole := maskedFrame(b[0], string(b[n:]))
		buf := make([]byte, len(whole))
		assert.Zero(t, testing.AllocsPerRun(100, func() {
			copy(buf, whole)
			l.feed(buf)
		}), offer)
		assert.Equal(t, phaseOpen, l.closing.phase.Load())
		l.end()
	}
}
