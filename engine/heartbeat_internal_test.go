package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
)

// The times of the heartbeat in these tests, in ticks.
const (
	testPeriod  = 80
	testTimeout = 24
	testClose   = 8
)

// withHeartbeats returns an unstarted Engine with n connections that were opened at tick 100.
func withHeartbeats(t *testing.T, n int) (*Engine, []*link) {
	t.Helper()
	e := unstarted(t, Config{PingPeriod: testPeriod * tick, PingTimeout: testTimeout * tick, CloseTimeout: testClose * tick})
	advance(e, 100)
	links := make([]*link, n)
	for i := range links {
		l := pairUp(t, e, &recorder{})
		l.counters().counts[Upgrades].Add(1)
		l.reader.heard.Store(e.timers.now.Load())
		require.True(t, l.startHeartbeat(e.timers.now.Load()))
		links[i] = l
		t.Cleanup(l.end)
	}
	return e, links
}

// peerSends delivers bytes from the peer, as if the poller had read them.
func (l *link) peerSends(b []byte) { l.reader.take(l.Conn, b, true) }

// advance sets the clock to tick now and lets each poller handle its timers.
func advance(e *Engine, now uint32) {
	e.timers.now.Store(now)
	for i := range e.timers.wheels {
		for e.timers.wheels[i].Run() {
		}
	}
}

// run advances the clock tick by tick, calling each before every step.
func run(e *Engine, to uint32, each func(now uint32)) {
	for now := e.timers.now.Load() + 1; now <= to; now++ {
		if each != nil {
			each(now)
		}
		advance(e, now)
	}
}

func TestSilentPeerIsPingedWithinTheLastQuarterOfThePeriod(t *testing.T) {
	e, links := withHeartbeats(t, 32)
	pinged := map[uint32]int{}
	run(e, 100+testPeriod, func(now uint32) {
		for _, l := range links {
			if len(l.got) == 0 && len(l.received()) > 0 {
				require.Equal(t, pingFrame, l.got)
				pinged[now-1]++
			}
		}
	})
	for _, l := range links {
		require.Equal(t, pingFrame, l.received(), "one ping by the end of the period")
	}
	for when := range pinged {
		assert.GreaterOrEqual(t, when, uint32(100+testPeriod*3/4))
	}
	assert.Greater(t, len(pinged), 3, "phases are spread: %v", pinged)
	assert.EqualValues(t, len(links), e.counters.load(Pings))
	assert.NoError(t, e.Check())
}

func TestPeerThatDoesNotAnswerIsClosedAfterPingTimeout(t *testing.T) {
	e, links := withHeartbeats(t, 1)
	l := links[0]
	run(e, 100+testPeriod, nil)
	require.Equal(t, pingFrame, l.received())
	at := l.timer.pinged
	run(e, at+testTimeout-1, nil)
	require.Equal(t, pingFrame, l.received(), "not before")
	run(e, at+testTimeout, nil)
	assert.Equal(t, string(pingFrame)+"\x88\x0e\x03\xf3Ping timeout", string(l.received()))
	assert.Equal(t, phaseClosed, l.closing.phase.Load())
	assert.EqualValues(t, frame.CloseInternal, l.closing.code)
	assert.EqualValues(t, 1, e.refused[Silent].Load())
}

// Any bytes from the peer count as an answer, even in the last tick.
func TestPeerThatAnswersInTimeStays(t *testing.T) {
	for name, answer := range map[string][]byte{
		"pong": maskedFrame(0x8a, ""), "message": maskedFrame(0x81, "x"), "half a frame": {0x81},
	} {
		for _, delay := range []uint32{0, 1, testTimeout - 1} {
			e, links := withHeartbeats(t, 1)
			l := links[0]
			run(e, 100+testPeriod, nil)
			require.Equal(t, pingFrame, l.received())
			at := l.timer.pinged
			run(e, at+delay, nil)
			l.peerSends(append([]byte{}, answer...))
			run(e, at+delay+testPeriod*3/4-1, nil)
			assert.Equal(t, phaseOpen, l.closing.phase.Load(), "%s after %d", name, delay)
			assert.Equal(t, pingFrame, l.received(), "the next ping is a period later")
			run(e, at+delay+testPeriod+testTimeout, nil)
			assert.Equal(t, 2, int(e.counters.load(Pings)))
		}
	}
}

func TestPeerThatSendsIsNeverPinged(t *testing.T) {
	e, links := withHeartbeats(t, 8)
	run(e, 100+20*testPeriod, func(now uint32) {
		if now%(testPeriod/2) == 0 {
			for _, l := range links {
				l.peerSends(maskedFrame(0x81, "still here"))
			}
		}
	})
	assert.Zero(t, e.counters.load(Pings))
	for _, l := range links {
		assert.Empty(t, l.received())
	}
	assert.NoError(t, e.Check())
}

// Bytes that the server sends do not show that the peer is alive.
func TestSendingToAPeerDoesNotDelayItsPing(t *testing.T) {
	e, links := withHeartbeats(t, 1)
	l := links[0]
	run(e, 100+testPeriod, func(uint32) { require.NoError(t, l.Send(frame.Text, []byte("x"))) })
	assert.EqualValues(t, 1, e.counters.load(Pings))
}

func TestCloseHandshakeIsCutAtCloseTimeout(t *testing.T) {
	e, links := withHeartbeats(t, 1)
	l := links[0]
	run(e, 110, nil)
	require.NoError(t, l.Close(1000, ""))
	run(e, 110+testClose-1, func(uint32) { l.peerSends(maskedFrame(0x81, "not an answer")) })
	assert.Equal(t, phaseCloseSent, l.closing.phase.Load())
	run(e, 110+testClose, nil)
	assert.Equal(t, phaseClosed, l.closing.phase.Load())
	assert.Zero(t, e.counters.load(Pings))
	assert.Empty(t, l.handler.(*recorder).messages)
}

func TestAProtocolErrorDoesNotProlongTheCloseHandshake(t *testing.T) {
	e, links := withHeartbeats(t, 1)
	l := links[0]
	run(e, 110, nil)
	require.NoError(t, l.Close(1000, ""))
	run(e, 110+testClose-1, nil)
	l.peerSends(maskedFrame(0x83, "a reserved opcode"))
	assert.Equal(t, phaseFinDue, l.closing.phase.Load())
	run(e, 110+testClose, nil)
	assert.Equal(t, phaseClosed, l.closing.phase.Load())
}

// After the process was stopped, the clock moves by at most maxStep ticks at once. So the pongs that wait in the sockets
// are read before their connections count as silent.
func TestClockJumpClosesNoPeerThatAnswers(t *testing.T) {
	e, links := withHeartbeats(t, 16)
	asked := make([]int, len(links))    // bytes of pings seen
	answered := make([]int, len(links)) // bytes of pings answered
	for range 10 * testPeriod {         // the process is stopped again and again while pings are unanswered
		advance(e, e.timers.now.Load()+maxStep)
		for i, l := range links {
			require.Equal(t, phaseOpen, l.closing.phase.Load())
			if asked[i] > answered[i] { // the answer arrived before the clock moved
				answered[i] = asked[i]
				l.peerSends(maskedFrame(0x8a, ""))
			}
			asked[i] = len(l.received())
		}
	}
	assert.Greater(t, int(e.counters.load(Pings)), 10*len(links))
	assert.Zero(t, e.refused[Silent].Load())
}

func TestNegativePingPeriodSendsNoPings(t *testing.T) {
	e := unstarted(t, Config{PingPeriod: -1})
	l := pairUp(t, e, &recorder{})
	t.Cleanup(l.end)
	l.counters().counts[Upgrades].Add(1)
	require.True(t, l.startHeartbeat(0))
	advance(e, 100_000)
	assert.Zero(t, e.counters.load(Pings))
	assert.NoError(t, e.Check(), "without pings, connections need no timer")
	require.NoError(t, l.Close(1000, ""))
	advance(e, 100_000+ticks(5*time.Second))
	assert.Equal(t, phaseClosed, l.closing.phase.Load(), "the close handshake has a timeout nevertheless")
}

func TestAClosedConnectionIsRemovedFromWheelAndTable(t *testing.T) {
	e, links := withHeartbeats(t, 3)
	_ = links[1].socket.nb.Close()
	links[1].onClosed()
	assert.Equal(t, 2, e.timers.len())
	assert.Equal(t, 2, e.conns.len())
	assert.NoError(t, e.Check())
	assert.Equal(t, []int{1006}, links[1].handler.(*recorder).codes)
	links[1].onClosed()
	assert.Equal(t, []int{1006}, links[1].handler.(*recorder).codes, "once")
}

// During a pause the peer's pong may wait unread in the socket.
func TestAPausedConnectionIsNotClosedAsSilent(t *testing.T) {
	e, links := withHeartbeats(t, 1)
	l := links[0]
	run(e, 100+testPeriod, nil)
	require.Equal(t, pingFrame, l.received())
	at := l.timer.pinged
	l.PauseReading()
	run(e, at+10*testTimeout, nil)
	require.Equal(t, phaseOpen, l.closing.phase.Load())
	require.Equal(t, pingFrame, l.received(), "it is not pinged again")
	require.NoError(t, e.Check())

	resumed := e.timers.now.Load()
	l.reader.turn.resume()
	l.reader.heard.Store(resumed) // as ResumeReading does it
	run(e, resumed+testPeriod+testTimeout, nil)
	assert.Equal(t, phaseClosed, l.closing.phase.Load(), "after the pause silence counts again")
}

// A poller serves its clients between two batches of pings.
func TestAPollerHandlesSomeTimersPerTurn(t *testing.T) {
	e := unstarted(t, Config{PingPeriod: testPeriod * tick, Pollers: 1})
	links := make([]*link, 3*maxFired)
	for i := range links {
		links[i] = pairUp(t, e, &recorder{})
		t.Cleanup(links[i].end)
		e.timers.arm(links[i].Conn, testPeriod)
	}
	e.timers.now.Store(testPeriod)
	wheel := &e.timers.wheels[0]
	for e.counters.load(Pings) == 0 {
		require.True(t, wheel.Run())
	}
	turns := 1
	for again := true; again; turns++ {
		before := e.counters.load(Pings)
		again = wheel.Run()
		assert.LessOrEqual(t, e.counters.load(Pings)-before, int64(maxFired))
	}
	assert.GreaterOrEqual(t, turns, len(links)/maxFired)
	assert.EqualValues(t, len(links), e.counters.load(Pings))
	for _, l := range links {
		assert.Equal(t, pingFrame, l.received())
	}
}

// A poller that was busy for long finds many ticks at once. Between them it reads pongs.
func TestAPollerThatWasBusyMovesItsWheelByMaxStepPerTurn(t *testing.T) {
	e, links := withHeartbeats(t, 1)
	l := links[0]
	run(e, 100+testPeriod, nil)
	require.Equal(t, pingFrame, l.received())
	wheel := e.timers.of(l.Conn)
	e.timers.now.Store(l.timer.pinged + testTimeout + 1)
	turns := 0
	for again := true; again; turns++ {
		if turns == 2 {
			l.peerSends(maskedFrame(0x8a, ""))
		}
		before := wheel.wheel.Now()
		again = wheel.Run()
		assert.LessOrEqual(t, wheel.wheel.Now()-before, uint32(maxStep))
	}
	assert.Equal(t, phaseOpen, l.closing.phase.Load())
	assert.Zero(t, e.refused[Silent].Load())
}

func TestACloseThatBeginsWhenATimerFiresHasItsWholeTimeout(t *testing.T) {
	e, links := withHeartbeats(t, 1)
	l := links[0]
	wheel := e.timers.of(l.Conn)
	var fired []*Conn
	for len(fired) == 0 {
		e.timers.now.Add(1)
		fired, _ = wheel.advance()
	}
	now := e.timers.now.Load()
	require.NoError(t, l.Close(1000, ""))
	wheel.due(fired[0], now)
	run(e, now+testClose-1, nil)
	assert.Equal(t, phaseCloseSent, l.closing.phase.Load())
	run(e, now+testClose, nil)
	assert.Equal(t, phaseClosed, l.closing.phase.Load())
}

// A poller is woken only if a timer may be due.
func TestAWheelWithoutDueTimersIsIdle(t *testing.T) {
	e, links := withHeartbeats(t, 1)
	wheel := e.timers.of(links[0].Conn)
	for e.timers.now.Add(1); wheel.idle(); e.timers.now.Add(1) {
		require.Equal(t, e.timers.now.Load(), wheel.wheel.Now())
	}
	require.GreaterOrEqual(t, e.timers.now.Load(), uint32(100+testPeriod*3/4))
	for wheel.Run() {
	}
	assert.Equal(t, pingFrame, links[0].received())
	assert.True(t, wheel.idle())
}
