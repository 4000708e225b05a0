package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
)

// Ticks of the heartbeat in these tests.
const (
	testPeriod  = 80
	testTimeout = 24
	testClose   = 8
)

// beating is a bench engine with many connections opened at tick 100.
func beating(t *testing.T, n int) (*Engine, []*link) {
	t.Helper()
	e := bench(t, Config{PingPeriod: testPeriod * tick, PingTimeout: testTimeout * tick, CloseTimeout: testClose * tick})
	e.timers.advance(100)
	links := make([]*link, n)
	for i := range links {
		l := pairUp(t, e, &heardBy{})
		e.counters[Upgrades].Add(1)
		l.reader.heard.Store(e.timers.now.Load())
		require.True(t, l.startHeartbeat(e.timers.now.Load()))
		links[i] = l
		t.Cleanup(l.end)
	}
	return e, links
}

// says is a peer that sends something; the engine has read it.
func (l *link) says(b []byte) { l.reader.take(l.Conn, b) }

// run advances the clock tick by tick, calling each before every step.
func run(e *Engine, to uint32, each func(now uint32)) {
	for now := e.timers.now.Load() + 1; now <= to; now++ {
		if each != nil {
			each(now)
		}
		e.timers.advance(now)
	}
}

func TestSilentPeerIsPingedWithinTheLastQuarterOfThePeriod(t *testing.T) {
	e, links := beating(t, 32)
	pinged := map[uint32]int{}
	run(e, 100+testPeriod, func(now uint32) {
		for _, l := range links {
			if len(l.got) == 0 && len(l.hear()) > 0 {
				require.Equal(t, pingFrame, l.got)
				pinged[now-1]++
			}
		}
	})
	for _, l := range links {
		require.Equal(t, pingFrame, l.hear(), "one ping, by the period's end")
	}
	for when := range pinged {
		assert.GreaterOrEqual(t, when, uint32(100+testPeriod*3/4))
	}
	assert.Greater(t, len(pinged), 3, "phases are spread: %v", pinged)
	assert.EqualValues(t, len(links), e.counters[Pings].Load())
	assert.NoError(t, e.Check())
}

func TestPeerThatDoesNotAnswerIsClosedAfterPingTimeout(t *testing.T) {
	e, links := beating(t, 1)
	l := links[0]
	run(e, 100+testPeriod, nil)
	require.Equal(t, pingFrame, l.hear())
	at := l.timer.pinged
	run(e, at+testTimeout-1, nil)
	require.Equal(t, pingFrame, l.hear(), "not before")
	run(e, at+testTimeout, nil)
	assert.Equal(t, string(pingFrame)+"\x88\x0e\x03\xf3Ping timeout", string(l.hear()))
	assert.Equal(t, phaseClosed, l.closing.phase.Load())
	assert.EqualValues(t, frame.CloseInternal, l.closing.code)
	assert.EqualValues(t, 1, e.refused[Silent].Load())
}

// Whatever the peer sends is an answer, at the last tick too.
func TestPeerThatAnswersInTimeStays(t *testing.T) {
	for name, answer := range map[string][]byte{
		"pong": maskedFrame(0x8a, ""), "message": maskedFrame(0x81, "x"), "half a frame": {0x81},
	} {
		for _, delay := range []uint32{0, 1, testTimeout - 1} {
			e, links := beating(t, 1)
			l := links[0]
			run(e, 100+testPeriod, nil)
			require.Equal(t, pingFrame, l.hear())
			at := l.timer.pinged
			run(e, at+delay, nil)
			l.says(append([]byte{}, answer...))
			run(e, at+delay+testPeriod*3/4-1, nil)
			assert.Equal(t, phaseOpen, l.closing.phase.Load(), "%s after %d", name, delay)
			assert.Equal(t, pingFrame, l.hear(), "the next ping is a period later")
			run(e, at+delay+testPeriod+testTimeout, nil)
			assert.Equal(t, 2, int(e.counters[Pings].Load()))
		}
	}
}

func TestPeerThatTalksIsNeverPinged(t *testing.T) {
	e, links := beating(t, 8)
	run(e, 100+20*testPeriod, func(now uint32) {
		if now%(testPeriod/2) == 0 {
			for _, l := range links {
				l.says(maskedFrame(0x81, "still here"))
			}
		}
	})
	assert.Zero(t, e.counters[Pings].Load())
	for _, l := range links {
		assert.Empty(t, l.hear())
	}
	assert.NoError(t, e.Check())
}

// What the server sends is no sign of the peer's life.
func TestSendingDoesNotPutOffThePing(t *testing.T) {
	e, links := beating(t, 1)
	l := links[0]
	run(e, 100+testPeriod, func(uint32) { require.NoError(t, l.Send(frame.Text, []byte("x"))) })
	assert.EqualValues(t, 1, e.counters[Pings].Load())
}

func TestCloseHandshakeIsCutAtCloseTimeout(t *testing.T) {
	e, links := beating(t, 1)
	l := links[0]
	run(e, 110, nil)
	require.NoError(t, l.Close(1000, ""))
	run(e, 110+testClose-1, func(uint32) { l.says(maskedFrame(0x81, "not an answer")) })
	assert.Equal(t, phaseCloseSent, l.closing.phase.Load())
	run(e, 110+testClose, nil)
	assert.Equal(t, phaseClosed, l.closing.phase.Load())
	assert.Zero(t, e.counters[Pings].Load())
	assert.Empty(t, l.handler.(*heardBy).messages)
}

// A process that was stopped finds its clock ahead by at most maxStep ticks, and so
// has read the answers that wait in the sockets before it misses them.
func TestClockJumpClosesNobodyWhoAnswers(t *testing.T) {
	e, links := beating(t, 16)
	asked := make([]int, len(links))    // bytes of pings seen
	answered := make([]int, len(links)) // and of those answered
	for range 10 * testPeriod {         // stopped again and again, with pings under way
		e.timers.advance(e.timers.now.Load() + maxStep)
		for i, l := range links {
			require.Equal(t, phaseOpen, l.closing.phase.Load())
			if asked[i] > answered[i] { // the answer had come before the clock was ahead
				answered[i] = asked[i]
				l.says(maskedFrame(0x8a, ""))
			}
			asked[i] = len(l.hear())
		}
	}
	assert.Greater(t, int(e.counters[Pings].Load()), 10*len(links))
	assert.Zero(t, e.refused[Silent].Load())
}

func TestHeartbeatOffPingsNobody(t *testing.T) {
	e := bench(t, Config{PingPeriod: -1})
	l := pairUp(t, e, &heardBy{})
	t.Cleanup(l.end)
	e.counters[Upgrades].Add(1)
	require.True(t, l.startHeartbeat(0))
	e.timers.advance(100_000)
	assert.Zero(t, e.counters[Pings].Load())
	assert.NoError(t, e.Check(), "nobody is watched, and nobody has to be")
	require.NoError(t, l.Close(1000, ""))
	e.timers.advance(100_000 + ticks(5*time.Second))
	assert.Equal(t, phaseClosed, l.closing.phase.Load(), "a close handshake is bounded all the same")
}

func TestEndedConnectionLeavesWheelAndTable(t *testing.T) {
	e, links := beating(t, 3)
	_ = links[1].socket.nb.Close()
	links[1].onClosed()
	assert.Equal(t, 2, e.timers.wheel.Len())
	assert.Equal(t, 2, e.conns.len())
	assert.NoError(t, e.Check())
	assert.Equal(t, []int{1006}, links[1].handler.(*heardBy).codes)
	links[1].onClosed()
	assert.Equal(t, []int{1006}, links[1].handler.(*heardBy).codes, "once")
}

// A pong that waits behind a pause was not read, which is not the peer's fault.
func TestPausedConnectionIsNotTakenForDead(t *testing.T) {
	e, links := beating(t, 1)
	l := links[0]
	run(e, 100+testPeriod, nil)
	require.Equal(t, pingFrame, l.hear())
	at := l.timer.pinged
	l.PauseReading()
	run(e, at+10*testTimeout, nil)
	require.Equal(t, phaseOpen, l.closing.phase.Load())
	require.Equal(t, pingFrame, l.hear(), "nor pinged again")
	require.NoError(t, e.Check())

	resumed := e.timers.now.Load()
	l.reader.turn.resume()
	l.reader.heard.Store(resumed) // as ResumeReading does
	run(e, resumed+testPeriod+testTimeout, nil)
	assert.Equal(t, phaseClosed, l.closing.phase.Load(), "after the pause silence counts again")
}
