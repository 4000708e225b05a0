package engine_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

// pausing returns a server with one connection that pauses at each message "pause", the journal of that connection, and
// its two ends.
func pausing(t *testing.T, cfg engine.Config) (*server, *journal, *client, *engine.Conn) {
	t.Helper()
	j := newJournal()
	s := serve(t, cfg, func() engine.Handler { return pauser{j} })
	c := s.dial(t)
	conn := <-j.opened
	c.wantPong() // now the connection is registered with its poller; before, it cannot be paused
	return s, j, c, conn
}

// pauser pauses before the journal shows the message, so that a test that sees the message can resume.
type pauser struct{ *journal }

func (p pauser) OnMessage(c *engine.Conn, op frame.Opcode, data []byte) {
	if string(data) == "pause" {
		c.PauseReading()
	}
	p.journal.OnMessage(c, op, data)
}

// wantPong sends a ping and wants its pong.
func (c *client) wantPong() {
	c.t.Helper()
	c.send(ping, "there?")
	c.want(frame.Pong, "there?")
}

// waitMessages waits until the connection has received n messages, and returns them.
func (j *journal) waitMessages(t *testing.T, n int) []string {
	t.Helper()
	require.Eventually(t, func() bool { messages, _ := j.read(); return len(messages) >= n }, soon, poll)
	messages, _ := j.read()
	return messages
}

func TestPausedConnectionIsReadAfterItIsResumed(t *testing.T) {
	s, j, c, conn := pausing(t, engine.Config{Pollers: 1})
	c.write(append(append(masked(text, "one"), masked(text, "pause")...), masked(text, "two")...))
	j.waitMessages(t, 2)
	c.send(text, "three")
	s.dial(t).wantPong() // the poller has handled its events since
	assert.Equal(t, []string{"one", "pause"}, j.waitMessages(t, 2), "the others wait, even the one of the same packet")
	conn.ResumeReading()
	assert.Equal(t, []string{"one", "pause", "two", "three"}, j.waitMessages(t, 4))
	conn.ResumeReading() // no effect
	c.wantPong()
}

func TestConnectionCanPauseAtEachMessage(t *testing.T) {
	_, j, c, conn := pausing(t, engine.Config{})
	const n = 50
	c.write([]byte(strings.Repeat(string(masked(text, "pause")), n)))
	for i := range n {
		j.waitMessages(t, i+1)
		messages, _ := j.read()
		require.Len(t, messages, i+1)
		conn.ResumeReading()
	}
	c.wantPong()
}

func TestAFrameInPiecesContinuesAfterAPause(t *testing.T) {
	_, j, c, conn := pausing(t, engine.Config{})
	long := masked(text, strings.Repeat("x", 1000))
	c.write(append(masked(text, "pause"), long[:3]...)) // cut within the header
	j.waitMessages(t, 1)
	c.write(long[3:500])
	conn.ResumeReading()
	c.write(long[500:])
	assert.Equal(t, strings.Repeat("x", 1000), j.waitMessages(t, 2)[1])
}

// TCP slows a client down that continues to send: the server accepts no more bytes than its buffers hold. After the pause
// all of them are delivered, in order.
func TestPausedClientIsSlowedDownAndLosesNothing(t *testing.T) {
	plainOnly(t, "TLS cannot continue after a write that timed out")
	t.Parallel()
	_, j, c, conn := pausing(t, engine.Config{})
	c.send(text, "pause")
	j.waitMessages(t, 1)
	const n = 4096 // 32 MiB
	var all []byte
	for i := range n {
		all = append(all, masked(text, fmt.Sprintf("%06d%s", i, strings.Repeat("x", 8<<10)))...)
	}
	require.NoError(t, c.conn.SetWriteDeadline(time.Now().Add(time.Second/2)))
	sent, err := c.conn.Write(all)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	assert.Len(t, j.waitMessages(t, 1), 1)
	conn.ResumeReading()
	require.NoError(t, c.conn.SetWriteDeadline(time.Time{}))
	c.write(all[sent:])
	for i, m := range j.waitMessages(t, n+1)[1:] {
		require.Equal(t, fmt.Sprintf("%06d", i), m[:6])
	}
}

func TestAFINEndsAPauseAndEarlierMessagesAreDelivered(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("FIN while paused: %t", late), func(t *testing.T) {
			_, j, c, _ := pausing(t, engine.Config{})
			all := append(masked(text, "pause"), masked(text, "pause")...)
			if late {
				c.write(all)
				j.waitMessages(t, 1)
				all = nil
			}
			c.write(append(all, masked(text, "last words")...))
			require.NoError(t, c.conn.tcp.CloseWrite())
			j.wantClosed(t, frame.CloseAbnormal)
			messages, _ := j.read()
			assert.Equal(t, []string{"pause", "pause", "last words"}, messages)
		})
	}
}

func TestPausedConnectionCanBeClosed(t *testing.T) {
	_, j, c, conn := pausing(t, engine.Config{CloseTimeout: time.Hour})
	c.write(append(masked(text, "pause"), masked(text, "dropped")...))
	j.waitMessages(t, 1)
	require.NoError(t, conn.Close(4000, "enough"))
	c.want(frame.Close, closePayload(4000, "enough"))
	c.send(closing, closePayload(4000, "enough"))
	c.wantEOF()
	j.wantClosed(t, 4000)
	messages, _ := j.read()
	assert.Equal(t, []string{"pause"}, messages)
}

func TestPausedConnectionThatIsResetEnds(t *testing.T) {
	_, j, c, _ := pausing(t, engine.Config{})
	c.write(append(masked(text, "pause"), masked(text, "lost")...))
	j.waitMessages(t, 1)
	require.NoError(t, c.conn.tcp.SetLinger(0))
	require.NoError(t, c.conn.tcp.Close())
	j.wantClosed(t, frame.CloseAbnormal)
}

// Messages that arrived together with the handshake are delivered on the goroutine that upgrades.
func TestPauseReadingDoesNothingBeforeTheConnectionIsRegistered(t *testing.T) {
	s, j := serveJournal(t, engine.Config{})
	j.message = func(c *engine.Conn, _ frame.Opcode, _ []byte) { c.PauseReading() }
	c := s.connect(t)
	c.write(append([]byte(handshake), masked(text, "early")...))
	j.waitMessages(t, 1)
	conn := <-j.opened
	c.response()
	c.send(text, "next")
	assert.Equal(t, []string{"early", "next"}, j.waitMessages(t, 2))
	conn.ResumeReading()
	c.wantPong()
}

// A poller receives many events at once: the job that resumes a connection, a new connection, and the FIN of the resumed
// one. The job must not close the socket of the resumed connection. The new one would get its descriptor, and then the
// event of the FIN.
func TestAResumedConnectionThatEndsDoesNotEndANewOne(t *testing.T) {
	for name, unread := range map[string][]byte{
		"by FIN":           masked(text, "last"),
		"by a close frame": masked(closing, closePayload(1000, "")),
	} {
		entered, release := make(chan struct{}, 1), make(chan struct{})
		gate := hooks{message: func(*engine.Conn, frame.Opcode, []byte) {
			entered <- struct{}{}
			<-release
		}}
		j := newJournal()
		handlers := make(chan engine.Handler, 1)
		s := serve(t, engine.Config{Pollers: 1}, func() engine.Handler { return <-handlers })
		handlers <- gate
		holder := s.dial(t)
		handlers <- pauser{j}
		paused := s.dial(t)
		conn := <-j.opened
		paused.write(append(masked(text, "pause"), unread...))
		j.waitMessages(t, 1)

		holder.send(text, "hold the poller, until it has the following events")
		<-entered
		conn.ResumeReading()
		newcomer := s.connect(t)
		_ = paused.conn.CloseWrite()
		handlers <- echo()
		close(release)
		newcomer.write([]byte(handshake))
		assert.Equal(t, http.StatusSwitchingProtocols, newcomer.response().StatusCode, name)
		newcomer.wantEcho("hello")
	}
}
