package rooms

import (
	"bufio"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// null is a Sink that takes all bytes and keeps none.
type null struct{ member Member }

func (*null) WriteFrames(b []byte) (int, error) { return len(b), nil }
func (*null) Close(int, string) error           { return nil }
func (*null) Name() string                      { return "null" }

// spinning is a null that keeps its processor busy for 1 us per write: the price of a send on a network card.
type spinning null

func (*spinning) WriteFrames(b []byte) (int, error) { spin(); return len(b), nil }
func (*spinning) Close(int, string) error           { return nil }
func (*spinning) Name() string                      { return "null" }

func spin() {
	for begin := time.Now(); time.Since(begin) < time.Microsecond; {
	}
}

// reporter is a null that reports each write to its crowd. A room has at most one message under way, so each write is one
// message.
type reporter struct {
	null
	of *crowd
}

func (s *reporter) WriteFrames(b []byte) (int, error) {
	if s.of.spins {
		spin()
	}
	if s.of.unheard.Add(-1) == 0 {
		s.of.heard <- struct{}{}
	}
	return len(b), nil
}

// sender is a null that publishes, as a client of the poller by.
type sender struct {
	null
	spins bool
	by    *turns
}

func (s *sender) WriteFrames(b []byte) (int, error) {
	if s.spins {
		spin()
	}
	return len(b), nil
}

func (s *sender) InBatch() bool { return false }

func (s *sender) AfterTurn(job interface{ Run() (again bool) }) bool {
	s.by.job = job
	return true
}

// turns publishes like a poller of an engine: some messages, and then the job.
type turns struct {
	job  interface{ Run() (again bool) } // a Hub has only one
	took []time.Duration                 // times of some calls of Publish
	_    [64]byte                        // no cache line is shared with the next one
}

// turnMessages is the number of clients whose messages a poller reads in one turn.
const turnMessages = 16

// publish publishes to rooms until each room has a message.
func (t *turns) publish(c *crowd) {
	for {
		end := int(c.next.Add(turnMessages))
		begin := end - turnMessages
		if begin >= len(c.order) {
			return
		}
		now := time.Now()
		for i, r := range c.order[begin:min(end, len(c.order))] {
			s := &c.senders[r]
			s.by = t
			s.member.Publish(c.body, now.UnixMilli(), nil)
			if i == 0 {
				t.took = append(t.took, time.Since(now))
			}
		}
		for t.job != nil && t.job.Run() {
		}
		t.job = nil
	}
}

// publishOutside publishes one message to the first room.
func (t *turns) publishOutside(c *crowd) {
	now := time.Now()
	c.hub.Publish(c.names[0], c.body, now.UnixMilli(), nil)
	t.took = append(t.took, time.Since(now))
}

// lockWatch tries a lock all the time.
type lockWatch struct {
	longest atomic.Int64 // the longest time in ns in which the lock was taken, since the last Store
	ends    atomic.Bool
	running sync.WaitGroup
}

func watchLock(mu *sync.Mutex) *lockWatch {
	w := &lockWatch{}
	w.running.Go(func() {
		for !w.ends.Load() {
			if took := untilFree(mu); took.Nanoseconds() > w.longest.Load() {
				w.longest.Store(took.Nanoseconds())
			}
		}
	})
	return w
}

// untilFree waits until the lock is free, and returns the time. It returns 0 if the observer itself was interrupted: it
// reads the clock every 100 ns or so, unless it does not run.
func untilFree(mu *sync.Mutex) (took time.Duration) {
	begin := time.Now()
	last, interrupted := time.Duration(0), false
	for free := false; !free; last = took {
		if free = mu.TryLock(); free {
			mu.Unlock()
		}
		took = time.Since(begin)
		interrupted = interrupted || took-last > 2*time.Microsecond
	}
	if interrupted {
		return 0
	}
	return took
}

func (w *lockWatch) stop() {
	w.ends.Store(true)
	w.running.Wait()
}

// together lets two processes measure at the same time, if PLENUM_TOGETHER is set. It says on standard error that this one
// is ready, and waits for a line on standard input. goesOn says that the measurement is over. It returns true until
// standard input ends, so that neither process measures alone.
func together(b *testing.B) (goesOn func() bool) {
	if os.Getenv("PLENUM_TOGETHER") == "" {
		return func() bool { return false }
	}
	in := bufio.NewReader(os.Stdin)
	fmt.Fprintln(os.Stderr, "ready")
	if _, err := in.ReadString('\n'); err != nil {
		b.Fatal("PLENUM_TOGETHER: want a line on standard input: ", err)
	}
	var ended atomic.Bool
	go func() { _, _ = in.ReadString('\n'); ended.Store(true) }()
	say := sync.OnceFunc(func() { fmt.Fprintln(os.Stderr, "measured") })
	return func() bool {
		say()
		return !ended.Load()
	}
}
