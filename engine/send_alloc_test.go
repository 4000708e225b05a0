//go:build !race

package engine_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

// This test does not run with the race detector, under which each sync.Pool, also that of crypto/tls, drops items at random.
func TestWriteFramesAllocatesNothing(t *testing.T) {
	d := newDrainer()
	s := serve(t, engine.Config{PingPeriod: -1}, func() engine.Handler { return d })
	c := s.dial(t)
	conn := <-d.opened
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, c.conn.tcp) // not decrypted, because decrypting allocates
	}()
	whole := frame.Append(nil, frame.Text, []byte(strings.Repeat("m", 128)))
	allocs := testing.AllocsPerRun(1000, func() { // as many messages as fit into the socket
		if n, err := conn.WriteFrames(whole); n != len(whole) || err != nil {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	})
	assert.Zero(t, allocs)
	require.NoError(t, c.conn.Close())
	<-done
}

func TestCollectingAllocatesNothing(t *testing.T) {
	s, j := serveJournal(t, engine.Config{})
	c := s.connect(t)
	c.upgrade()
	conn := <-j.opened
	f := frame.Append(nil, frame.Text, []byte("a message"))
	allocs := testing.AllocsPerRun(100, func() {
		for range 3 {
			_, _, _ = conn.Collect(f)
		}
		conn.WriteCollected()
	})
	assert.Zero(t, allocs)
}
