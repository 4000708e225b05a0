package load

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"plenum/bench/clock"
	"plenum/bench/speak"
	"plenum/bench/wsclient"
	"plenum/codec/frame"
)

const (
	// loadBacklog and loadUnsent bound the bytes that wait for one sender's socket. Messages
	// should wait in the backlog, because their time there is measured, and not in the kernel.
	// loadUnsent is enough for any server that reads. It holds 40 ms, the longest delay of an
	// acknowledgement, at 80,000 messages of 160 bytes per second.
	loadBacklog = 4 << 20
	loadUnsent  = 512 << 10

	// slowBuffer is the receive buffer of a slow member's socket, in bytes. It is small, so the server
	// soon notices that the member has stopped reading.
	slowBuffer = 4 << 10
)

// Load is one process's share of a plan, from the first dial to the counts. One goroutine calls its
// methods one after the other: Open, Probe until no member is silent, Run, Drain, Finish. Any goroutine
// may call Live and Connections.
type Load struct {
	// set at creation
	plan       *Plan
	recv       *receiver
	pool       *wsclient.Pool
	slow       *wsclient.Pool // of the members that stop reading; nil: none
	senderTags []int          // by stream: tag of the sender

	// owned by the caller, from one method to the next
	clients []*wsclient.Client // by tag; the clients of churning members belong to churn while it runs
	sender  pacedSender
	all     SendCounts // of all processes, from Drain on
	began   int64      // start of the schedule
	start   Usage      // at began
	spent   Usage      // from began to the end of the drain
	joins   churn
	stalls  uint64 // times that a slow member stopped reading; owned by the goroutine of stall while it runs

	stageHits []int // first hit of each stage, and the number of all hits; from Finish on

	// looking is held by Live and while Finish reads the latencies. The loops never take it.
	looking sync.Mutex

	// atomic
	ends      []ends        // by interval of the series; empty: no series
	opened    atomic.Int64  // members that Open has connected
	slowReady atomic.Int64  // slow members that have received a text
	closing   atomic.Bool   // Stop was called
	ended     atomic.Uint64 // members that the server closed, without slow ones
	early     atomic.Uint64 // of these, members that had not received a probe, or never receive one
	slowEnded atomic.Uint64 // slow members that the server closed

	how wsclient.Ends // the members in ended, by how they were closed
}

// New returns a load for a plan and starts its loops. The caller must end it by Finish or Stop.
func New(p *Plan) (*Load, error) {
	l := &Load{plan: p, recv: newReceiver(p, p.Loops)}
	l.ends = make([]ends, p.intervals())
	l.clients = make([]*wsclient.Client, len(l.recv.members))
	for tag := range p.Members() {
		if int(l.recv.members[tag].index) < p.Senders {
			l.senderTags = append(l.senderTags, slices.Repeat([]int{tag}, p.shared())...)
		}
	}
	cfg, err := p.Target.Config()
	if err != nil {
		return nil, err
	}
	cfg.OnClose = l.close
	slow := cfg
	cfg.Loops, cfg.Backlog, cfg.Unsent = p.Loops, loadBacklog, loadUnsent
	cfg.OnMessage, cfg.OnFrames, cfg.OnBatch = l.recv.message, l.recv.follow, l.recv.batch
	if l.pool, err = wsclient.NewPool(cfg); err != nil {
		return nil, err
	}
	if p.Slow == 0 {
		return l, nil
	}
	slow.Loops, slow.ReceiveBuffer, slow.OnMessage = 1, slowBuffer, l.slowMessage
	if l.slow, err = wsclient.NewPool(slow); err != nil {
		l.pool.Shutdown()
		return nil, err
	}
	return l, nil
}

// Open dials the members of this process and lets them join their rooms. If the server confirms joins,
// Open waits until all are confirmed. The first failed dial ends it.
func (l *Load) Open(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := func(tag int, c *wsclient.Client, err error) {
		if err = l.greet(tag, c, err); err != nil {
			cancel(err)
			return
		}
		l.opened.Add(1)
	}
	l.pool.DialEach(ctx, l.plan.Dialers, l.next(false), done)
	if l.slow != nil {
		l.slow.DialEach(ctx, l.plan.Dialers, l.next(true), done)
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return l.recv.talk.Await(ctx, l.opened.Load()*int64(l.recv.talk.Answers(l.plan.shared())), l.how.First)
}

// next returns a function that returns the members of this process one after the other: the slow ones
// or the others. That function may be called on several loops at a time.
func (l *Load) next(slow bool) func() (url string, tag int, ok bool) {
	var taken atomic.Int64
	return func() (url string, tag int, ok bool) {
		for tag = int(taken.Add(1) - 1); tag < l.plan.Members(); tag = int(taken.Add(1) - 1) {
			if l.plan.own(tag) && l.recv.members[tag].slow == slow {
				return l.url(tag), tag, true
			}
		}
		return "", 0, false
	}
}

// url returns the URL of a member.
func (l *Load) url(tag int) string {
	p, m := l.plan, &l.recv.members[tag]
	return p.Target.At(int(m.group+m.index), p.group(int(m.group)), p.user(tag))
}

// greet keeps the client of a member and sends the member's hello messages. If the dial has failed, it
// returns the dial's error.
func (l *Load) greet(tag int, c *wsclient.Client, err error) error {
	if err != nil {
		return err
	}
	l.clients[tag] = c
	for _, hello := range l.recv.talk.Greet(l.recv.member(tag)) {
		if err := c.Send([]byte(hello)); err != nil {
			return fmt.Errorf("bench: send hello: %w", err)
		}
	}
	return nil
}

// close implements wsclient.Config.OnClose. It counts the members that the server has closed, slow ones
// apart from the others. Members that churn or Stop has closed are not counted.
func (l *Load) close(c *wsclient.Client, end wsclient.End) {
	m := &l.recv.members[c.Tag()]
	switch {
	case l.closing.Load() || m.leaving.Load():
	case m.slow:
		l.slowEnded.Add(1)
		l.endsNow(func(at *ends) { at.slow.Add(1) })
	default:
		m.ended = true
		l.recv.lanes[c.Loop()].end(clock.Monotonic())
		l.how.Add(end)
		l.ended.Add(1)
		l.endsNow(func(at *ends) { at.others.Add(1) })
		if !m.ready || m.deaf {
			l.early.Add(1)
		}
	}
}

// slowMessage implements wsclient.Config.OnMessage for the slow members. Their messages are not counted.
// A slow member is ready when it has received a text.
func (l *Load) slowMessage(c *wsclient.Client, _ frame.Opcode, payload []byte) {
	m := &l.recv.members[c.Tag()]
	for len(payload) > 0 {
		var one []byte
		one, payload = l.recv.talk.Split(payload)
		if l.plan.Mark.Find(one, 0) < 0 {
			l.recv.unknown(m, one)
			l.recv.talk.Message(c, one, func() speak.Member { return l.recv.member(c.Tag()) })
			continue
		}
		if !m.ready {
			m.ready = true
			l.slowReady.Add(1)
		}
	}
}

// Stop closes all connections. When it returns, the loops have ended. A second call does nothing.
func (l *Load) Stop() {
	l.closing.Store(true)
	l.pool.Shutdown()
	if l.slow != nil {
		l.slow.Shutdown()
	}
}
