//go:build !race

package wsclient

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"plenum/bench/internal/fakeserver"
	"plenum/bench/sequence"
	"plenum/codec/frame"
)

func TestAnIdleClientCostsUnder300BytesAndNoGoroutine(t *testing.T) {
	const n = 4000
	peer := fakeserver.NewRawServer(t)
	pool, err := NewPool(Config{Loops: 2})
	require.NoError(t, err)
	defer pool.Shutdown()
	heap := func() int64 {
		runtime.GC()
		runtime.GC() // the first collection keeps the contents of sync.Pools
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	goroutines, before := runtime.NumGoroutine(), heap()
	clients, err := pool.DialAll(fakeserver.Context(t), n, 16, func(int) string { return peer.URL })
	require.NoError(t, err)
	for i := range clients {
		clients[i] = nil
	}
	each := (heap() - before) / n
	t.Logf("%d bytes per connection, with its pointer in DialAll's result", each)
	assert.Less(t, each, int64(300))
	assert.LessOrEqual(t, runtime.NumGoroutine(), goroutines)
	runtime.KeepAlive(clients)
}

func TestSendAllocatesNothingForAnOrdinaryMessage(t *testing.T) {
	peer := fakeserver.NewRawServer(t)
	r := newRecorder(t, Config{Loops: 1})
	c, err := r.Dial(fakeserver.Context(t), peer.URL, 0)
	require.NoError(t, err)
	payload := make([]byte, 128)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = c.Send(payload) }))
}

// BenchmarkReceive lets one loop read batches of frames, as from a busy room with one sender.
// ns/op is per frame. The sender runs on the same machine.
func BenchmarkReceive(b *testing.B) {
	const members, perWrite, payload = 100, 40, 226
	peer := fakeserver.NewRawServer(b)
	var sequences [members]sequence.Sequence
	pool, err := NewPool(Config{Loops: 1, OnMessage: func(c *Client, _ frame.Opcode, p []byte) {
		sequences[c.Tag()].Message(p)
	}})
	require.NoError(b, err)
	defer pool.Shutdown()
	_, err = pool.DialAll(fakeserver.Context(b), members, 16, func(int) string { return peer.URL })
	require.NoError(b, err)
	text := make([]byte, payload)
	copy(text[payload-len(`,"seq":7}`):], `,"seq":7}`)
	var batch []byte
	for range perWrite {
		batch = frame.Append(batch, frame.Text, text)
	}
	b.SetBytes(payload + 4)
	b.ReportAllocs()
	b.ResetTimer()
	want := b.N / perWrite * perWrite
	stopped := make(chan struct{})
	var failed atomic.Bool
	go func() {
		defer close(stopped)
		for left := want; left > 0; left -= perWrite {
			fd := <-peer.Accepted
			if n, err := unix.Write(fd, batch); n != len(batch) || err != nil {
				failed.Store(true)
				return
			}
			peer.Accepted <- fd
		}
	}()
	<-stopped
	for pool.Stats().Messages < uint64(want) && !failed.Load() {
		runtime.Gosched()
	}
	require.False(b, failed.Load())
	b.ReportMetric(float64(want)/b.Elapsed().Seconds()/1e6, "Mframes/s")
}
