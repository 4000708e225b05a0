package wsclient

import (
	"bufio"
	"context"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/internal/fakeserver"
	"plenum/codec/frame"
)

func TestMessagesOfEverySizeAreEchoedUnchanged(t *testing.T) {
	fakeserver.OverEachWire(t, func(t *testing.T, w fakeserver.Wire) {
		r := newRecorder(t, Config{Backlog: 1 << 20})
		c, err := r.Dial(fakeserver.Context(t), w.Serve(t, fakeserver.Echo), 7)
		require.NoError(t, err)
		assert.Equal(t, 7, c.Tag())
		sizes := []int{0, 1, 125, 126, 500, 512, 65_535, 65_536, maxMessage}
		for _, size := range sizes {
			require.NoError(t, c.Send([]byte(strings.Repeat("x", size))))
		}
		for _, size := range sizes {
			got := fakeserver.Next(t, r.messages)
			assert.Same(t, c, got.c)
			assert.Equal(t, frame.Text, got.op)
			assert.Equal(t, strings.Repeat("x", size), got.payload)
		}
		assert.EqualValues(t, 1, r.Stats().Open)
		require.NoError(t, c.Close(frame.CloseNormal))
		fakeserver.Next(t, r.ends)
		stats := r.Stats()
		assert.Zero(t, stats.Open)
		assert.EqualValues(t, len(sizes), stats.Sent)
		assert.EqualValues(t, len(sizes), stats.Messages)
	})
}

func TestCompressedMessagesAreDeliveredInflated(t *testing.T) {
	fakeserver.OverEachWire(t, func(t *testing.T, w fakeserver.Wire) {
		r := newRecorder(t, Config{Backlog: 1 << 20, Compression: true})
		c, err := r.Dial(fakeserver.Context(t), w.Serve(t, fakeserver.Echo), 7)
		require.NoError(t, err)
		sizes := []int{0, 1, 125, 126, 500, 65_535, 65_536, maxMessage}
		for _, size := range sizes {
			require.NoError(t, c.Send([]byte(strings.Repeat("x", size))))
		}
		for _, size := range sizes {
			assert.Equal(t, strings.Repeat("x", size), fakeserver.Next(t, r.messages).payload)
		}
		assert.Less(t, r.Stats().Bytes, uint64(maxMessage/10), "they were compressed on the wire")
	})
}

func TestDialFailsIfTheServerDoesNotAcceptCompression(t *testing.T) {
	url := fakeserver.ScriptPlain(t, func(net.Conn, *bufio.Reader) {})
	r := newRecorder(t, Config{Loops: 1, Compression: true})
	_, err := r.Dial(fakeserver.Context(t), url, 0)
	assert.EqualError(t, err, "bench: dial "+url+": server did not accept permessage-deflate")
	assert.Zero(t, r.Stats().Open)
}

func TestAMessageInFragmentsIsDeliveredOnce(t *testing.T) {
	fakeserver.OverEachWire(t, func(t *testing.T, w fakeserver.Wire) {
		url := w.Serve(t, func(ctx context.Context, conn *websocket.Conn) {
			w, err := conn.Writer(ctx, websocket.MessageBinary)
			if err != nil {
				return
			}
			for range 10 {
				_, _ = w.Write([]byte(strings.Repeat("y", 5000)))
			}
			_ = w.Close()
			fakeserver.Echo(ctx, conn)
		})
		r := newRecorder(t, Config{})
		c, err := r.Dial(fakeserver.Context(t), url, 0)
		require.NoError(t, err)
		got := fakeserver.Next(t, r.messages)
		require.NoError(t, c.Close(frame.CloseNormal))
		fakeserver.Next(t, r.ends)
		assert.Equal(t, frame.Binary, got.op)
		assert.Equal(t, strings.Repeat("y", 50_000), got.payload)
		assert.Greater(t, r.Stats().Frames, uint64(1))
	})
}

func TestEveryClientGetsItsOwnMessages(t *testing.T) {
	fakeserver.OverEachWire(t, func(t *testing.T, w fakeserver.Wire) {
		r := newRecorder(t, Config{Loops: 2})
		url := w.Serve(t, fakeserver.Echo)
		clients, err := r.DialAll(fakeserver.Context(t), 100, 16, func(int) string { return url })
		require.NoError(t, err)
		for _, c := range clients {
			require.NoError(t, c.Send([]byte{'A' + byte(c.Tag()%26)}))
		}
		seen := map[int]bool{}
		for range clients {
			got := fakeserver.Next(t, r.messages)
			assert.Equal(t, string(rune('A'+got.c.Tag()%26)), got.payload)
			seen[got.c.Tag()] = true
		}
		assert.Len(t, seen, len(clients))
	})
}

func TestAPingIsAnsweredUnlessIgnored(t *testing.T) {
	fakeserver.OverEachWire(t, func(t *testing.T, w fakeserver.Wire) {
		for _, ignore := range []bool{false, true} {
			t.Run(map[bool]string{false: "answered", true: "ignored"}[ignore], func(t *testing.T) {
				answer := make(chan []byte, 1)
				url := w.Script(t, "", func(conn net.Conn, from *bufio.Reader) {
					_, _ = conn.Write(frame.Append(nil, frame.Ping, []byte("hey")))
					_, _ = conn.Write(frame.Append(nil, frame.Close, nil))
					got := make([]byte, 6+3)
					n, _ := from.Read(got)
					answer <- got[:n]
				})
				r := newRecorder(t, Config{IgnorePings: ignore})
				_, err := r.Dial(fakeserver.Context(t), url, 0)
				require.NoError(t, err)
				got := fakeserver.Next(t, answer)
				fakeserver.Next(t, r.ends)
				h, n, err := frame.ParseHeader(got)
				require.NoError(t, err)
				assert.True(t, h.Masked)
				if ignore {
					assert.Equal(t, frame.Close, h.Opcode)
					return
				}
				assert.Equal(t, frame.Pong, h.Opcode)
				frame.Mask(got[n:], h.Key, 0)
				assert.Equal(t, "hey", string(got[n:]))
				assert.EqualValues(t, 1, r.Stats().Pings)
			})
		}
	})
}

func TestShutdownEndsEveryClientAndClosesTheDescriptors(t *testing.T) {
	fakeserver.OverEachWire(t, func(t *testing.T, w fakeserver.Wire) {
		url := w.Serve(t, fakeserver.Echo)
		before := descriptors(t)
		r := newRecorder(t, Config{Loops: 2})
		clients, err := r.DialAll(fakeserver.Context(t), 20, 4, func(int) string { return url })
		require.NoError(t, err)
		r.Shutdown()
		r.Shutdown()
		for range clients {
			assert.ErrorIs(t, fakeserver.Next(t, r.ends).Err, ErrShutdown)
		}
		assert.ErrorIs(t, clients[0].Send(nil), ErrClosed)
		assert.ErrorIs(t, clients[0].Close(1000), ErrClosed)
		assert.ErrorIs(t, clients[0].Pause(), ErrClosed)
		_, err = r.Dial(fakeserver.Context(t), url, 0)
		assert.ErrorIs(t, err, ErrShutdown)
		require.Eventually(t, func() bool { return descriptors(t) <= before }, fakeserver.Timeout, 10*time.Millisecond)
	})
}

func TestAPoolAddsAProcessorPerLoopUntilItsShutdown(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	r := newRecorder(t, Config{Loops: 3})
	assert.Equal(t, before+3, runtime.GOMAXPROCS(0))
	r.Shutdown()
	r.Shutdown()
	assert.Equal(t, before, runtime.GOMAXPROCS(0))
}

func descriptors(t testing.TB) int {
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(entries)
}
