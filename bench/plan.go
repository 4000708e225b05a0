package bench

import (
	"fmt"
	"time"

	"plenum/bench/message"
)

// maxMessages bounds a run: the time of the last delivery of each is kept.
const maxMessages = 20_000_000

// maxMembers bounds the members of a run, those at first and those in place of others. A
// greater number is a slip, and would take memory before it was noticed.
const maxMembers = 10_000_000

// plan says what a load does, for one process or for the shards of several.
type plan struct {
	Target   Target
	Mark     message.Mark // its name is in the rooms' names, so that no run meets another's
	Sizes    []int        // members of each room
	Senders  int          // of each room, its first members
	Slow     int          // of each room, its last members, who stop reading
	Rate     float64      // messages a second, all rooms together, sent in turn
	Payload  int
	Words    bool          // fill it
	Warmup   time.Duration // its messages have no part in the latencies
	Duration time.Duration // measured, after Warmup
	Drain    time.Duration // bounds the wait for what is under way at the end
	Churn    float64       // members that leave and are replaced, a second
	Sample   int           // one delivery in so many is timed, a power of two
	RoomSeq  bool          // the server numbers a room's messages: check that too
	Loops    int
	Dialers  int

	Shard, Shards int // this process has the members whose number is Shard modulo Shards
}

// members returns how many there are at first.
func (p *plan) members() (n int) {
	for _, size := range p.Sizes {
		n += size
	}
	return n
}

// joiners bounds how many come during the run.
func (p *plan) joiners() int { return p.leaves().Hits(p.Warmup + p.Duration) }

func (p *plan) streams() int { return len(p.Sizes) * p.Senders }

// hits is how many messages the whole of the run has.
func (p *plan) hits() int { return Pacer{Rate: p.Rate}.Hits(p.Warmup + p.Duration) }

// each bounds the messages of one stream.
func (p *plan) each() int { return p.hits()/p.streams() + 1 }

// after returns the first number of a stream that is due later than so long after the
// start.
func (p *plan) after(stream int, d time.Duration) uint64 {
	hit := int(d.Seconds()*p.Rate) + 1
	return uint64(max(0, hit-stream+p.streams()-1)/p.streams()) + 1
}

func (p *plan) leaves() Pacer { return Pacer{Rate: max(p.Churn, 1e-9)} }

// own tells whether a member is this process's.
func (p *plan) own(tag int) bool { return tag%p.Shards == p.Shard }

// stays tells whether the member at place within its room is never churned.
func (p *plan) stays(place int) bool { return place < p.Senders || p.Churn == 0 }

func (p *plan) room(room int) string { return fmt.Sprintf("%s-%d", p.Mark.Name(), room) }

func (p *plan) user(tag int) string { return fmt.Sprintf("m%07d", tag) }

// check refuses what cannot be run.
func (p *plan) check() error {
	whole := (p.Warmup + p.Duration).Seconds()
	messages := p.Rate*whole + float64(p.streams())
	switch {
	case p.Churn*whole > maxMembers:
		return fmt.Errorf("--leaves: makes %.0f members join, at most %d can be followed", p.Churn*whole, maxMembers)
	case p.Payload < message.MinSize:
		return fmt.Errorf("--payload: must be %d or more, got %d", message.MinSize, p.Payload)
	case messages > maxMessages:
		return fmt.Errorf("--rate: makes %.0f messages, at most %d can be followed", messages, maxMessages)
	}
	for _, size := range p.Sizes {
		if size < p.Senders+p.Slow {
			return fmt.Errorf("--members: a room of %d cannot have %d senders and %d slow members", size, p.Senders, p.Slow)
		}
	}
	return p.Target.Check()
}

// sampling returns one in how many deliveries is timed: all, up to a rate a
// second that costs the client nothing to speak of.
func sampling(deliveries float64) int {
	const free = 2e6
	n := 1
	for deliveries/float64(n) > free {
		n *= 2
	}
	return n
}

// dialing is how many connections a churn may have beyond the members.
func (p *plan) dialing() int {
	if p.Churn == 0 {
		return 0
	}
	return p.Dialers
}

// follows tells whether the members are followed by tapes: where there is enough to
// do that it matters, and one number says where a member is.
func (p *plan) follows() bool { return p.Sample > 1 && p.Senders == 1 }
