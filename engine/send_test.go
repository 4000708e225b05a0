package engine_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

// drainer is a journal that implements Drainer. drained receives after OnDrain.
type drainer struct {
	*journal
	drained chan struct{}
}

func newDrainer() *drainer {
	return &drainer{journal: newJournal(), drained: make(chan struct{}, 1)}
}

func (d *drainer) OnDrain() {
	select {
	case d.drained <- struct{}{}:
	default:
	}
}

// batch returns at least size bytes of frames of different sizes, and the positions of their ends.
func batch(size int) (b []byte, ends map[int]bool) {
	ends = map[int]bool{0: true}
	for i := 0; len(b) < size; i++ {
		n := rand.IntN(200)
		if i%50 == 0 {
			n = 70_000
		}
		b = frame.Append(b, frame.Binary, bytes.Repeat([]byte{byte(i)}, n))
		ends[len(b)] = true
	}
	return b, ends
}

// writeAll writes b with WriteFrames, and waits for OnDrain whenever WriteFrames has not taken all. ends are the frame
// ends of b. stalls is how often it waited.
func (d *drainer) writeAll(conn *engine.Conn, b []byte, ends map[int]bool) (stalls int, err error) {
	for off := 0; ; stalls++ {
		n, err := conn.WriteFrames(b[off:])
		if err != nil {
			return stalls, err
		}
		off += n
		if !ends[off] {
			return stalls, fmt.Errorf("byte %d is not a frame's end", off)
		}
		if off == len(b) {
			return stalls, nil
		}
		<-d.drained
	}
}

func TestWriteFramesStopsAtAFrameEndAndContinuesAfterOnDrain(t *testing.T) {
	d := newDrainer()
	s := serveOn(t, listen(t, 8<<10), engine.Config{}, func() engine.Handler { return d })
	c := s.connectBuffered(t, 4<<10)
	c.upgrade()
	conn := <-d.opened
	b, ends := batch(2 << 20)

	n, err := conn.WriteFrames(b) // the client does not read
	require.NoError(t, err)
	require.Less(t, n, len(b))
	require.True(t, ends[n], "byte %d is a frame's end", n)
	again, err := conn.WriteFrames(b[n:])
	require.NoError(t, err)
	require.Zero(t, again, "nothing is taken before the rest has drained")
	require.Positive(t, conn.Queued())
	assert.EqualValues(t, 1, s.Stats().Counts[engine.Stalls])

	written := make(chan error, 1)
	go func() {
		<-d.drained
		for end := range ends { // relative to the rest
			ends[end-n] = true
		}
		_, err := d.writeAll(conn, b[n:], ends)
		written <- err
	}()
	got := make([]byte, len(b))
	_, err = io.ReadFull(c.in, got)
	require.NoError(t, err)
	require.NoError(t, <-written)
	require.True(t, bytes.Equal(b, got), "all frames in order")
	assert.Zero(t, c.in.Buffered(), "nothing follows")
	require.Eventually(t, func() bool { return conn.Queued() == 0 }, soon, poll)
}

// Send and WriteFrames may be called from several goroutines at once.
func TestFramesOfConcurrentSendersDoNotMix(t *testing.T) {
	d := newDrainer()
	s := serveOn(t, listen(t, 8<<10), engine.Config{MaxBacklog: 1 << 30}, func() engine.Handler { return d })
	c := s.connectBuffered(t, 4<<10)
	c.upgrade()
	conn := <-d.opened
	const senders, each = 4, 200
	var sending sync.WaitGroup
	for g := range senders {
		sending.Go(func() {
			for i := range each {
				m := fmt.Sprintf("%d %d %s", g, i, strings.Repeat("x", i*10))
				whole := frame.Append(nil, frame.Text, []byte(m))
				taken := 0
				if g == 0 { // if WriteFrames takes nothing, use Send
					taken, _ = conn.WriteFrames(whole)
				}
				if taken == 0 {
					_ = conn.Send(frame.Text, []byte(m))
				}
			}
		})
	}
	next := make([]int, senders)
	for range senders * each {
		op, m := c.read()
		require.Equal(t, frame.Text, op)
		var g, i int
		var fill string
		_, err := fmt.Sscan(m, &g, &i, &fill)
		if i > 0 {
			require.NoError(t, err, "%.20q", m)
		}
		require.Equal(t, next[g], i, "in order for each sender")
		require.Len(t, fill, i*10)
		next[g]++
	}
	sending.Wait()
}

// Bytes written before the socket is registered are neither lost nor out of order.
func TestLongWritesInOnOpenArriveInOrder(t *testing.T) {
	const size = 3_000_000
	b, ends := batch(size)
	for name, tc := range map[string]struct {
		cfg  engine.Config
		open func(d *drainer, c *engine.Conn)
	}{
		"one Send": {engine.Config{}, func(_ *drainer, c *engine.Conn) {
			assert.NoError(t, c.Send(frame.Binary, make([]byte, size)))
		}},
		"many Sends": {engine.Config{MaxBacklog: 2 * size}, func(_ *drainer, c *engine.Conn) {
			for i := range size / 1000 {
				assert.NoError(t, c.Send(frame.Binary, bytes.Repeat([]byte{byte(i)}, 1000)))
			}
		}},
		"WriteFrames": {engine.Config{}, func(d *drainer, c *engine.Conn) {
			n, err := c.WriteFrames(b)
			assert.NoError(t, err)
			assert.True(t, ends[n] && n < len(b))
			rest := map[int]bool{}
			for end := range ends {
				rest[end-n] = true
			}
			go func() { _, _ = d.writeAll(c, b[n:], rest) }()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDrainer()
			d.hooks.open = func(c *engine.Conn) { tc.open(d, c) }
			d.message = func(c *engine.Conn, op frame.Opcode, data []byte) { _ = c.Send(op, data) }
			s := serveOn(t, listen(t, 8<<10), tc.cfg, func() engine.Handler { return d })
			c := s.connectBuffered(t, 4<<10)
			answered := name == "one Send" // its queue has no room for an answer
			c.write([]byte(handshake))
			if !answered {
				c.write(masked(text, "early question"))
			}
			<-d.opened // nothing is read before OnOpen has returned
			require.Equal(t, 101, c.response().StatusCode)
			var got []byte
			for len(got) < size || !answered {
				op, payload := c.read()
				if op == frame.Text { // between two of the frames, at the position at which WriteFrames continues later
					require.Equal(t, "early question", payload)
					answered = true
					continue
				}
				if name == "WriteFrames" {
					got = frame.Append(got, op, []byte(payload))
				} else {
					got = append(got, payload...)
				}
			}
			switch name {
			case "one Send":
				assert.Equal(t, size, len(got))
			case "many Sends":
				for i := range size / 1000 {
					require.Equal(t, bytes.Repeat([]byte{byte(i)}, 1000), got[i*1000:][:1000], "message %d", i)
				}
			case "WriteFrames":
				require.True(t, bytes.Equal(b, got))
			}
		})
	}
}
