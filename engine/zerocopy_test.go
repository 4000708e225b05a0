package engine_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
	"plenum/engine/zerocopy"
)

func newPool(t *testing.T, blocks int) *zerocopy.Pool {
	t.Helper()
	p, err := zerocopy.NewPool(blocks)
	require.NoError(t, err)
	return p
}

// A client that reads late receives the bytes as they were written, although their block was put back and filled again.
func TestQueuedBytesDoNotChangeWhenTheirBlockIsReused(t *testing.T) {
	p := newPool(t, 1)
	d := newDrainer()
	s := serve(t, engine.Config{Blocks: p}, func() engine.Handler { return d })
	c := s.connect(t)
	c.upgrade()
	conn := <-d.opened

	const messages, size = 20, 10_000
	block := p.Get()
	for i := range messages {
		block = frame.Append(block, frame.Binary, bytes.Repeat([]byte{byte('a' + i)}, size))
	}
	sent := bytes.Clone(block)
	n, err := conn.WriteFrames(block)
	require.NoError(t, err)
	require.Greater(t, n, len(block)/2, "the socket accepts a large part of it")
	p.Put(block)
	other := p.Get()
	for i := range other[:cap(other)] {
		other[:cap(other)][i] = 'X'
	}
	got := make([]byte, n)
	_, err = io.ReadFull(c.in, got)
	require.NoError(t, err)
	require.True(t, bytes.Equal(sent[:n], got))
}

func TestWriteFramesByReferenceStopsAtAFrameEnd(t *testing.T) {
	p := newPool(t, 1)
	d := newDrainer()
	s := serveOn(t, listen(t, 8<<10), engine.Config{Blocks: p}, func() engine.Handler { return d })
	c := s.connectBuffered(t, 4<<10)
	c.upgrade()
	conn := <-d.opened
	b, ends := batch(100 << 10)
	block := append(p.Get(), b...)
	require.Equal(t, 256<<10, cap(block), "append has not reallocated the block")

	written := make(chan error, 1)
	go func() {
		stalls, err := d.writeAll(conn, block, ends)
		assert.Positive(t, stalls)
		written <- err
	}()
	got := make([]byte, len(b))
	_, err := io.ReadFull(c.in, got)
	require.NoError(t, err)
	require.NoError(t, <-written)
	require.True(t, bytes.Equal(b, got))
}
