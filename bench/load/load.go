package load

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

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
)

// Load is one process's part of a plan, from the first dial to the counts. Its
// methods are called one after the other, by one goroutine: Open, Probe until
// nobody is silent, Run, Drain, Finish.
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
	sender  pacedSender
	all     SendCounts // of all processes, from drain on
	began   int64      // the schedule's start
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

// Stop closes everything; the loops have ended when it returns.
func (l *Load) Stop() {
	l.closing.Store(true)
	l.pool.Shutdown()
	if l.slow != nil {
		l.slow.Shutdown()
	}
}
