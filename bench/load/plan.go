package load

import (
	"fmt"
	"strings"
	"time"

	"plenum/bench/message"
	"plenum/bench/speak"
)

// maxMessages bounds the messages of a run, because the time of each message's last delivery is
// kept.
const maxMessages = 20_000_000

// MaxMembers bounds the members of a run at the start, and also the members that join by churn. A
// greater number is a typing error and would allocate gigabytes before the run starts.
const MaxMembers = 10_000_000

// Plan describes a load, for one process or for the shards of several.
type Plan struct {
	Target   Target
	Mark     message.Mark  // begins each text, and is part of the rooms' names, so that two runs never share a room
	Sizes    []int         // members per group
	Shared   int           // rooms that the members of a group share, 0 for 1; a sender publishes to all of them in one write
	Senders  int           // per group: its first members
	Slow     int           // per group: its last members, which stop reading
	Rate     float64       // messages per second in all rooms together; the senders take turns
	Stages   []Ramp        // in place of Rate: its values over time, one after the other from the end of the warm-up on
	Payload  int           // size of a text in bytes
	Words    bool          // pad texts with words, not with one letter
	Warmup   time.Duration // time under load before Duration, whose messages are not timed
	Duration time.Duration // measured time; of all Stages together, if there are any
	Drain    time.Duration // bounds the wait for outstanding messages at the end
	Churn    float64       // members that leave and are replaced per second
	Sample   int           // time one delivery in that many; a power of two
	RoomSeq  bool          // check the server's numbers too
	Loops    int           // epoll loops
	Every    time.Duration // length of the intervals of Outcome.Series; 0: none

	// Stall is the time for which the slow members stop reading, and StallEvery the time from one stop to the next. If
	// Stall is 0, they stop once, at the end of the warm-up, and never read again.
	Stall, StallEvery time.Duration
	Dialers           int      // connections opened at the same time
	Agents            []string // addresses of the generators that share the load, host:port; none: this machine

	Shard, Shards int // this process has the members whose tag modulo Shards is Shard; Shards 0: drive decides
}

// Members returns the number of members at the start, in all processes.
func (p *Plan) Members() (n int) {
	for _, size := range p.Sizes {
		n += size
	}
	return n
}

// joiners returns the number of joins that are due in the run, in all processes. Without churn it
// returns 1 (see leaves).
func (p *Plan) joiners() int { return p.leaves().Hits(p.Warmup + p.Duration) }

// Streams returns the number of streams: each sender has one in each room of its group. The
// streams of one sender follow one another.
func (p *Plan) Streams() int { return len(p.Sizes) * p.slots() }

// slots returns the number of streams per group.
func (p *Plan) slots() int { return p.Senders * p.shared() }

// shared returns the number of rooms per group.
func (p *Plan) shared() int { return max(1, p.Shared) }

// allSenders returns the number of senders in all groups together.
func (p *Plan) allSenders() int { return len(p.Sizes) * p.Senders }

// receives reports whether the server sends the messages of a slot to a member of the group. slot is the index of a stream
// in its group.
func (p *Plan) receives(m *member, slot int) bool {
	return !p.Target.NoSelf || int(m.index) != slot/p.shared()
}

// schedule returns the schedule of the hits. The senders take turns. At each hit, one sender
// publishes one message to each room of its group. The warm-up before stages has the rate at
// which they begin.
func (p *Plan) schedule(start int64) Schedule {
	each := 1 / float64(p.shared())
	s := Schedule{Start: start, Rate: p.Rate * each}
	if len(p.Stages) > 0 && p.Warmup > 0 {
		first := p.Stages[0].From * each
		s.Ramps = append(s.Ramps, Ramp{Length: p.Warmup, From: first, To: first})
	}
	for _, stage := range p.Stages {
		s.Ramps = append(s.Ramps, stage.times(each))
	}
	return s
}

// hits returns the number of hits that are due in the run.
func (p *Plan) hits() int { return p.schedule(0).Hits(p.Warmup + p.Duration) }

// DueWithin returns how many messages are due in the time within after the start, in all processes.
func (p *Plan) DueWithin(within time.Duration) uint64 {
	hits := p.schedule(0).Hits(min(max(0, within), p.Warmup+p.Duration))
	return uint64(hits * p.shared())
}

// each returns an upper bound for the messages of one stream.
func (p *Plan) each() int { return p.hits()/p.allSenders() + 1 }

// after returns the number of the first hit of a stream that is due later than d after the start. The
// hits of a stream are counted from 1.
func (p *Plan) after(stream int, d time.Duration) uint64 {
	return p.hitOf(stream, p.schedule(0).Hits(d+1))
}

// hitOf returns the number of the first hit of a stream that is not before a hit of the schedule. The
// hits of a stream are counted from 1, those of the schedule from 0.
func (p *Plan) hitOf(stream, hit int) uint64 {
	return uint64(max(0, hit-stream/p.shared()+p.allSenders()-1)/p.allSenders()) + 1
}

// leaves returns the schedule of the churn, without its start. If there is no churn, the rate is almost
// 0, because the due times of a Schedule need one. Its only hit in a run is at the start.
func (p *Plan) leaves() Schedule { return Schedule{Rate: max(p.Churn, 1e-9)} }

// own reports whether a member belongs to this process.
func (p *Plan) own(tag int) bool { return tag%p.Shards == p.Shard }

// stays reports whether the member with that index in its group never leaves, because it is a sender or
// there is no churn.
func (p *Plan) stays(index int) bool { return index < p.Senders || p.Churn == 0 }

// measuredFrom returns the end of the warm-up of a run that began at start, in microseconds.
func (p *Plan) measuredFrom(start int64) int64 {
	return (start + int64(p.Warmup)) / int64(time.Microsecond)
}

// group returns the name of a group, which is also the name of its room if it has only one.
func (p *Plan) group(group int) string { return fmt.Sprintf("%s-%d", p.Mark.Name(), group) }

// rooms returns the names of a group's rooms.
func (p *Plan) rooms(group int) []string {
	if p.shared() == 1 {
		return []string{p.group(group)}
	}
	names := make([]string, p.shared())
	for i := range names {
		names[i] = fmt.Sprintf("%s-%d", p.group(group), i)
	}
	return names
}

// user returns the user name of a member.
func (p *Plan) user(tag int) string { return fmt.Sprintf("m%07d", tag) }

// Check returns an error if the plan cannot be run. The text begins with a flag.
func (p *Plan) Check() error {
	whole := (p.Warmup + p.Duration).Seconds()
	messages := p.schedule(0).sum(p.Warmup+p.Duration)*float64(p.shared()) + float64(p.Streams())
	switch {
	case p.Churn*whole > MaxMembers:
		return fmt.Errorf("--leaves: %.0f members would join during the run, at most %d are possible", p.Churn*whole, MaxMembers)
	case p.Payload < message.ShortHeadSize:
		return fmt.Errorf("--payload: must be %d or more, got %d", message.ShortHeadSize, p.Payload)
	case p.Payload < message.HeadSize && max(p.Streams(), p.each()) > message.MaxShort:
		return fmt.Errorf("--payload: must be %d or more if a run has more than %d rooms, or messages in one room", message.HeadSize, message.MaxShort)
	case messages > maxMessages:
		return fmt.Errorf("%s: the run would have %.0f messages, at most %d are possible", p.rateFlag(), messages, maxMessages)
	}
	for _, size := range p.Sizes {
		if p.Target.NoSelf && size < 2 {
			return fmt.Errorf("--members: a room of %d has nobody to receive a message, because the sender gets no copy", size)
		}
		if size < p.Senders+p.Slow {
			return fmt.Errorf("--members: a room of %d cannot have %d senders and %d slow members", size, p.Senders, p.Slow)
		}
	}
	return p.checkRooms()
}

// checkRooms returns an error if the rooms cannot be told apart, or if the target cannot be used.
func (p *Plan) checkRooms() error {
	t := p.Target
	if t.Dialect.Name == speak.Raw && len(p.Sizes) > 1 && p.Members() > len(p.Sizes) && !strings.Contains(t.URL, "{room}") {
		return fmt.Errorf("--url: must have {room} with --speak=raw and several rooms, got %q", t.URL)
	}
	return t.Check()
}

// rateFlag returns the flag that gives the rate.
func (p *Plan) rateFlag() string {
	if len(p.Stages) > 0 {
		return "--stage"
	}
	return "--rate"
}

// Sampling returns Plan.Sample for a rate of deliveries per second: one delivery in that many is timed.
// Up to two million per second, every delivery is timed, because the cost for the client is negligible.
func Sampling(deliveries float64) int {
	const free = 2e6
	n := 1
	for deliveries/float64(n) > free {
		n *= 2
	}
	return n
}

// Dialing returns how many connections churn may have open beyond the number of members.
func (p *Plan) Dialing() int {
	if p.Churn == 0 {
		return 0
	}
	return p.Dialers
}

// follows reports whether the frames of members are compared with an expected stream. That needs a rate
// at which it saves time, and one sender per room, so that one number says which message is next.
// Compressed lines are not compared, because two members may receive the same lines in different frames.
func (p *Plan) follows() bool {
	lines := p.Target.Dialect.Lines() && p.Target.Compression
	return p.Sample > 1 && p.slots() == 1 && !lines
}
