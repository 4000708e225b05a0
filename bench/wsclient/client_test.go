package wsclient

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"plenum/bench/internal/fakeserver"
	"plenum/codec/frame"
)

func TestAClosingHandshakeIsClean(t *testing.T) {
	fakeserver.OverEachWire(t, func(t *testing.T, w fakeserver.Wire) {
		r := newRecorder(t, Config{})
		c, err := r.Dial(fakeserver.Context(t), w.Serve(t, fakeserver.Echo), 0)
		require.NoError(t, err)
		require.NoError(t, c.Close(frame.CloseGoingAway))
		assert.ErrorIs(t, c.Close(frame.CloseNormal), ErrClosed)
		assert.ErrorIs(t, c.Send([]byte("late")), ErrClosed)
		end := fakeserver.Next(t, r.ends)
		assert.NoError(t, end.Err)
		assert.Equal(t, frame.CloseGoingAway, end.Code)
		assert.EqualValues(t, 1, r.Stats().Clean)
	})
}

func TestACloseFrameOfTheServerIsAnsweredAndReported(t *testing.T) {
	fakeserver.OverEachWire(t, func(t *testing.T, w fakeserver.Wire) {
		answered := make(chan error, 1)
		url := w.Serve(t, func(_ context.Context, conn *websocket.Conn) {
			answered <- conn.Close(websocket.StatusPolicyViolation, "Kicked")
		})
		r := newRecorder(t, Config{})
		_, err := r.Dial(fakeserver.Context(t), url, 0)
		require.NoError(t, err)
		assert.Equal(t, End{Code: frame.ClosePolicy, Reason: "Kicked"}, fakeserver.Next(t, r.ends))
		assert.NoError(t, fakeserver.Next(t, answered))
	})
}

func TestASocketThatEndsWithoutACloseFrameIsBroken(t *testing.T) {
	fakeserver.OverEachWire(t, func(t *testing.T, w fakeserver.Wire) {
		r := newRecorder(t, Config{})
		_, err := r.Dial(fakeserver.Context(t), w.Script(t, "", func(net.Conn, *bufio.Reader) {}), 0)
		require.NoError(t, err)
		end := fakeserver.Next(t, r.ends)
		assert.Equal(t, frame.CloseAbnormal, end.Code)
		assert.ErrorIs(t, end.Err, io.EOF)
		assert.EqualValues(t, 1, r.Stats().Broken)
	})
}

func TestAPausedClientReadsNothingUntilResumed(t *testing.T) {
	peer := fakeserver.NewRawServer(t)
	r := newRecorder(t, Config{Loops: 1})
	c, err := r.Dial(fakeserver.Context(t), peer.URL, 0)
	require.NoError(t, err)
	require.NoError(t, c.Pause())
	fd := <-peer.Accepted
	defer unix.Close(fd)
	require.NoError(t, unix.SetNonblock(fd, true))

	text := frame.Append(nil, frame.Text, make([]byte, 1000))
	sent := 0
	for sent < 64<<20 { // far more than two socket buffers hold
		n, err := unix.Write(fd, text[sent%len(text):])
		if err != nil {
			require.Equal(t, unix.EAGAIN, err)
			break
		}
		sent += n
	}
	require.Less(t, sent, 64<<20)
	assert.Zero(t, r.Stats().Messages)

	require.NoError(t, c.Resume())
	for range sent / len(text) {
		fakeserver.Next(t, r.messages)
	}
}

// A socket that becomes writable again must not make a paused client read.
func TestAPausedClientSendsAndDoesNotRead(t *testing.T) {
	fakeserver.OverEachWire(t, func(t *testing.T, w fakeserver.Wire) {
		paused, drained := make(chan struct{}), make(chan struct{})
		const sent, size = 100, 100_000
		url := w.Serve(t, func(ctx context.Context, conn *websocket.Conn) {
			<-paused
			_ = conn.Write(ctx, websocket.MessageText, []byte("hello"))
			for range sent {
				if _, _, err := conn.Read(ctx); err != nil {
					return
				}
			}
			close(drained)
			_, _, _ = conn.Read(ctx)
		})
		r := newRecorder(t, Config{Loops: 1, Backlog: sent * size * 2})
		c, err := r.Dial(fakeserver.Context(t), url, 0)
		require.NoError(t, err)
		require.NoError(t, c.Pause())
		for range sent {
			require.NoError(t, c.Send(make([]byte, size)))
		}
		close(paused)
		fakeserver.Next(t, drained)
		assert.Zero(t, r.Stats().Messages)
		require.NoError(t, c.Resume())
		assert.Equal(t, "hello", fakeserver.Next(t, r.messages).payload)
	})
}

func TestTheBacklogIsBoundedAndSentInOrder(t *testing.T) {
	fakeserver.OverEachWire(t, func(t *testing.T, w fakeserver.Wire) {
		release := make(chan struct{})
		got := make(chan string, 1<<16)
		url := w.Serve(t, func(ctx context.Context, conn *websocket.Conn) {
			<-release
			for {
				_, payload, err := conn.Read(ctx)
				if err != nil {
					return
				}
				got <- string(payload[:1])
			}
		})
		r := newRecorder(t, Config{Loops: 1, Backlog: 100_000})
		c, err := r.Dial(fakeserver.Context(t), url, 0)
		require.NoError(t, err)
		sent := 0
		for ; err == nil && sent < 1<<14; sent++ {
			err = c.Send([]byte(strings.Repeat(string(rune('a'+sent%26)), 10_000)))
		}
		sent-- // the last one was refused
		require.ErrorIs(t, err, ErrBacklog)
		c.mu.Lock()
		assert.LessOrEqual(t, c.out.size(), 100_000)
		c.mu.Unlock()
		assert.EqualValues(t, 1, r.Stats().Refused)
		assert.EqualValues(t, sent, r.Stats().Sent)
		close(release)
		for i := range sent {
			require.Equal(t, string(rune('a'+i%26)), fakeserver.Next(t, got))
		}
		require.NoError(t, c.Close(frame.CloseNormal))
		assert.NoError(t, fakeserver.Next(t, r.ends).Err)
	})
}
