package rooms

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// null is a Sink that takes all bytes and keeps none.
type null struct{ member Member }

func (*null) WriteFrames(b []byte) (int, error) { return len(b), nil }
func (*null) Close(int, string) error           { return nil }
func (*null) Name() string                      { return "null" }

// spinning is a null that keeps its processor busy for 1 µs per write: the price of a send on a network card.
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
func (s *sender) Poller() int   { return s.by.number }

func (s *sender) AfterTurn(job interface{ Run() (again bool) }) bool {
	s.by.job = job
	return true
}

// turns publishes like a poller of an engine: some messages, and then the job.
type turns struct {
	number int
	job    interface{ Run() (again bool) } // a Hub has only one
	took   []time.Duration                 // times of some calls of Publish
	_      [64]byte                        // no cache line is shared with the next one
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
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	now, begin := time.Now().UnixMilli(), timeOn(unix.CLOCK_THREAD_CPUTIME_ID)
	c.hub.Publish(c.names[0], c.body, now, nil)
	t.took = append(t.took, timeOn(unix.CLOCK_THREAD_CPUTIME_ID)-begin)
}

// timeOn reads a clock, such as that of the processor time of this thread.
func timeOn(clock int32) time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(clock, &t) // it fails only for an unknown clock
	return time.Duration(t.Nano())
}
