package engine_test

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

// lockedBuffer is a buffer that may be read while a logger writes to it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestAPanicOfAHandlerClosesOnlyItsConnection(t *testing.T) {
	var log lockedBuffer
	handlers := make(chan engine.Handler, 1)
	s := serve(t, engine.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, func() engine.Handler { return <-handlers })
	handlers <- echo()
	other := s.dial(t)

	for name, tc := range map[string]struct {
		hooks hooks
		sent  []byte
	}{
		"OnOpen":                {hooks{open: func(*engine.Conn) { panic("in OnOpen") }}, nil},
		"OnMessage":             {hooks{message: func(*engine.Conn, frame.Opcode, []byte) { panic("in OnMessage") }}, masked(text, "x")},
		"OnMessage, fragmented": {hooks{message: func(*engine.Conn, frame.Opcode, []byte) { panic("in OnMessage") }}, append(masked(openText, "x"), masked(last, "y")...)},
	} {
		t.Run(name, func(t *testing.T) {
			before := s.refused(engine.Panicked)
			j := newJournal()
			j.hooks = tc.hooks
			handlers <- j
			c := s.dial(t)
			c.write(tc.sent)
			c.wantClose(1011)
			require.NoError(t, c.conn.Close())
			j.wantClosed(t, 1011)
			assert.Equal(t, before+1, s.refused(engine.Panicked))
			assert.Contains(t, log.String(), "in "+name[:6])
			other.wantEcho("unharmed by " + name)
		})
	}

	t.Run("OnMessage, early", func(t *testing.T) {
		j := newJournal()
		j.message = func(*engine.Conn, frame.Opcode, []byte) { panic("early") }
		handlers <- j
		c := s.connect(t)
		c.write(append([]byte(handshake), masked(text, "x")...))
		require.Equal(t, 101, c.response().StatusCode)
		c.wantClose(1011)
		require.NoError(t, c.conn.Close())
		j.wantClosed(t, 1011)
	})

	t.Run("OnDrain", func(t *testing.T) {
		before := s.refused(engine.Panicked)
		d := &badDrainer{journal: newJournal()}
		handlers <- d
		c := s.connectBuffered(t, 4<<10)
		c.upgrade()
		stall(t, <-d.opened)
		c.wantFinalClose(1011, "Internal error")
		require.NoError(t, c.conn.Close())
		d.wantClosed(t, 1011)
		assert.Equal(t, before+1, s.refused(engine.Panicked))
		assert.Contains(t, log.String(), "in OnDrain")
		assert.Contains(t, log.String(), "badDrainer", "the log has the stack of the handler")
		other.wantEcho("unharmed by OnDrain")
	})

	t.Run("OnClose", func(t *testing.T) {
		before := s.refused(engine.Panicked)
		handlers <- hooks{closed: func(*engine.Conn, int) { panic("in OnClose") }}
		c := s.dial(t)
		c.send(closing, closePayload(1000, ""))
		c.wantClose(1000)
		require.Eventually(t, func() bool { return s.Stats().Counts[engine.Connections] == 1 }, soon, poll, "it is removed from the table nevertheless")
		assert.Contains(t, log.String(), "in OnClose")
		assert.Equal(t, before+1, s.refused(engine.Panicked))
		other.wantEcho("unharmed")
	})
}

// badDrainer panics in OnDrain.
type badDrainer struct{ *journal }

func (*badDrainer) OnDrain() { panic("in OnDrain") }
