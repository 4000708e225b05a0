package load

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"plenum/bench/clock"
	"plenum/bench/wsclient"
	"plenum/codec/frame"
)

const (
	// A sender's messages wait in its backlog, where the time is known, rather than in the
	// kernel. loadUnsent is far more than is under way to a server that reads: 40 ms, as
	// long as it may put off an acknowledgement, of 80,000 messages of 160 bytes per second.
	loadBacklog = 4 << 20
	loadUnsent  = 512 << 10

	slowBuffer = 4 << 10
	Quiet      = time.Second // without a delivery, where it is not known how many must come
	grace      = 200 * time.Millisecond
	look       = 5 * time.Millisecond
	probeTime  = 20 * time.Microsecond // that one member more may take to hear a probe
)

// Load is one process's part of a plan, from the first dial to the counts. Its
// methods are called one after the other, by one goroutine: open, probe until
// nobody is silent, run, drain, finish.
type Load struct {
	// set at creation
	plan     *Plan
	recv     *receiver
	pool     *wsclient.Pool
	slow     *wsclient.Pool // of the members who stop reading
	opened   *atomic.Int64
	speakers []int // by stream, the member who sends

	// owned by the caller, from one method to the next
	clients []*wsclient.Client // by member; a churned one's belong to the churn while it runs
	out     outbox
	all     Sends // of all processes, from drain on
	began   int64 // the schedule's start
	start   Usage
	spent   Usage
	joins   churn

	// atomic
	slowReady atomic.Int64
	closing   atomic.Bool
	ended     atomic.Uint64
	slowEnded atomic.Uint64
	firstEnd  atomic.Pointer[string]
}

// New starts the loops of a plan's load. It counts in opened the connections that are
// open.
func New(p *Plan, opened *atomic.Int64) (*Load, error) {
	l := &Load{plan: p, recv: newReceiver(p, p.Loops), opened: opened}
	l.clients = make([]*wsclient.Client, len(l.recv.members))
	for tag := range p.Members() {
		if int(l.recv.members[tag].place) < p.Senders {
			l.speakers = append(l.speakers, tag)
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

// Open dials this process's members and greets.
func (l *Load) Open(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var taken atomic.Int64
	dial := func() {
		for tag := int(taken.Add(1) - 1); tag < l.plan.Members(); tag = int(taken.Add(1) - 1) {
			if !l.plan.own(tag) {
				continue
			}
			if err := l.dial(ctx, tag); err != nil {
				cancel(err)
				return
			}
			l.opened.Add(1)
		}
	}
	var dialling sync.WaitGroup
	for range l.plan.Dialers {
		dialling.Go(dial)
	}
	dialling.Wait()
	return context.Cause(ctx)
}

func (l *Load) dial(ctx context.Context, tag int) error {
	p, m := l.plan, &l.recv.members[tag]
	room, user := p.room(int(m.room)), p.user(tag)
	pool := l.pool
	if m.slow {
		pool = l.slow
	}
	c, err := pool.Dial(ctx, p.Target.At(int(m.room+m.place), room, user), tag)
	if err != nil {
		return err
	}
	l.clients[tag] = c
	for _, hello := range p.Target.Greetings(room, user) {
		if err := c.Send([]byte(hello)); err != nil {
			return fmt.Errorf("bench: hello: %w", err)
		}
	}
	return nil
}

// close is a Config.OnClose. A slow member may be closed by the server.
func (l *Load) close(c *wsclient.Client, end wsclient.End) {
	m := &l.recv.members[c.Tag()]
	switch {
	case l.closing.Load() || m.leaving.Load():
	case m.slow:
		l.slowEnded.Add(1)
	default:
		m.ended = true
		l.ended.Add(1)
		text := fmt.Sprintf("%d %s", end.Code, end.Reason)
		if end.Err != nil {
			text = end.Err.Error()
		}
		l.firstEnd.CompareAndSwap(nil, &text)
	}
}

// slowMessage is the OnMessage of members who will stop reading.
func (l *Load) slowMessage(c *wsclient.Client, _ frame.Opcode, payload []byte) {
	m := &l.recv.members[c.Tag()]
	if !m.ready && l.plan.Mark.Find(payload, 0) >= 0 {
		m.ready = true
		l.slowReady.Add(1)
	}
}

// Probe has each room hear one message and returns how many members of this
// process have not heard any yet.
func (l *Load) Probe(ctx context.Context) (silent int, err error) {
	own := int(l.opened.Load())
	for stream := 0; stream < l.plan.Streams(); stream += l.plan.Senders {
		if err := l.out.probe(l, stream); err != nil {
			return 0, fmt.Errorf("bench: probe: %w", err)
		}
	}
	patience := 500*time.Millisecond + time.Duration(l.plan.Members())*probeTime
	heard := func() int { return l.recv.ready() + int(l.slowReady.Load()) }
	until(ctx, patience, func() bool { return heard() >= own })
	return own - heard(), context.Cause(ctx)
}

// Run sends by the schedule that begins at start, and returns what became of each
// stream's messages. The end of ctx cuts it short.
func (l *Load) Run(ctx context.Context, start int64) Sends {
	runtime.GC() // so that none is due soon
	l.began = start
	l.recv.from.Store((start + int64(l.plan.Warmup)) / int64(time.Microsecond))
	l.start = l.Usage()
	l.start.At = start
	var running sync.WaitGroup
	running.Go(func() { l.out.send(ctx, l, start) })
	running.Go(func() { l.stall(ctx, start+int64(l.plan.Warmup)) })
	if l.plan.Churn > 0 {
		running.Go(func() { l.joins.run(ctx, l, start) })
	}
	running.Wait()
	end := start + int64(l.plan.Warmup+l.plan.Duration)
	until(ctx, time.Duration(end-clock.Monotonic()), func() bool { return false })
	return l.out.Sends
}

// stall has the slow members stop reading at a time, Monotonic.
func (l *Load) stall(ctx context.Context, at int64) {
	if l.slow == nil || clock.Sleep(ctx, time.Duration(at-clock.Monotonic())) != nil {
		return
	}
	for _, c := range l.clients {
		if c != nil && l.recv.members[c.Tag()].slow {
			_ = c.Pause() // one that is closed already is counted
		}
	}
}

// Drain waits for what is under way: all that must come and a little longer,
// for doubles, or until nothing comes any more and no message waits for its socket.
func (l *Load) Drain(ctx context.Context, all Sends) {
	l.all = all
	want, known := l.expected(all.Sent)
	seen, since := l.recv.delivered(), time.Now()
	until(ctx, l.plan.Drain, func() bool {
		if now := l.recv.delivered(); now != seen {
			seen, since = now, time.Now()
		}
		if known {
			return seen >= want
		}
		return time.Since(since) > Quiet && !l.waiting()
	})
	l.spent = l.Usage().Since(l.start)
	until(ctx, grace, func() bool { return false })
}

// waiting tells whether any message of this process still waits for its socket.
func (l *Load) waiting() bool {
	return slices.ContainsFunc(l.speakers, func(tag int) bool {
		c := l.clients[tag]
		return c != nil && c.Waits()
	})
}

// expected returns how many deliveries this process's members must get; unknown
// where members come and go.
func (l *Load) expected(sent []uint64) (n uint64, known bool) {
	for tag := range l.plan.Members() {
		m := &l.recv.members[tag]
		if m.slow || !l.plan.own(tag) {
			continue
		}
		for slot := range l.plan.Senders {
			n += sent[int(m.room)*l.plan.Senders+slot]
		}
	}
	return n, l.plan.Churn == 0
}

// wakeSlow has the slow members read again, for at most wakeTime: only so do they
// learn that the server has ended them.
func (l *Load) wakeSlow() {
	const wakeTime = 2 * time.Second
	if l.slow == nil {
		return
	}
	open := 0
	for _, c := range l.clients {
		if c != nil && l.recv.members[c.Tag()].slow && c.Resume() == nil {
			open++
		}
	}
	before := l.slowEnded.Load()
	seen, since := l.slow.Stats().Bytes, time.Now()
	until(context.Background(), wakeTime, func() bool {
		if now := l.slow.Stats().Bytes; now != seen {
			seen, since = now, time.Now()
		}
		return int(l.slowEnded.Load()-before) >= open || time.Since(since) > grace
	})
}

// Stop closes everything; the loops have ended when it returns.
func (l *Load) Stop() {
	l.closing.Store(true)
	l.pool.Shutdown()
	if l.slow != nil {
		l.slow.Shutdown()
	}
}

// until waits until done, within has passed or ctx has ended, and tells whether done.
func until(ctx context.Context, within time.Duration, done func() bool) bool {
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return false
		case <-deadline.C:
			return done()
		case <-ticker.C:
		}
	}
	return true
}
