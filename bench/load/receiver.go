package load

import (
	"sync/atomic"
	"time"

	"plenum/bench/clock"
	"plenum/bench/latency"
	"plenum/bench/message"
	"plenum/bench/sequence"
	"plenum/bench/wsclient"
	"plenum/codec/frame"
)

// receiver accounts for what the members of a load get. A member's fields, and
// its tracks, belong to its loop until the pools are shut down; a lane to its loop.
//
// One clock reading serves all frames of one read, which came together. The time
// of a message's last delivery is kept of every message. The latency of a single
// delivery is recorded of one in plan.Sample, by the sum of member and number: of
// each message the same share of the members, of each member the same share of the
// messages. That is no choice by latency, so the percentiles stay what they are,
// and the largest latency is known from the last deliveries, unsampled.
type receiver struct {
	// set at creation
	plan    *Plan
	each    int
	mask    int
	answers []byte // Target.Pong

	// atomic, set before the first message
	from atomic.Int64 // in microseconds; what was due before is not timed

	lanes   []*lane
	members []member
	tracks  []sequence.Track    // Senders of them for each member
	rooms   []sequence.Sequence // of the server's numbers, one for each member, where RoomSeq
}

// member is one connection of a load.
type member struct {
	room  int32
	place int32 // in its room
	first bool  // there from the start
	slow  bool
	ready bool // has heard a probe
	ended bool // by the server, which should have kept it

	// joined is when one that is not first was upgraded, Monotonic; 0: not yet. It is
	// its churn's until the load has run.
	joined int64

	leaving atomic.Bool // was told to go: its tail is not known
}

func newReceiver(p *Plan, loops int) *receiver {
	total := p.Members() + p.joiners()
	r := &receiver{
		plan: p, each: p.each(), mask: p.Sample - 1, answers: []byte(p.Target.Pong),
		members: make([]member, total), tracks: make([]sequence.Track, total*p.Senders),
	}
	if p.RoomSeq {
		r.rooms = make([]sequence.Sequence, total)
	}
	for range loops {
		ln := &lane{delivery: latency.NewHistogram(), batches: latency.NewHistogram(), last: make([]int64, r.each*p.Streams())}
		if p.follows() {
			ln.expected = make([]expectedStream, len(p.Sizes))
		}
		r.lanes = append(r.lanes, ln)
	}
	tag := 0
	for room, size := range p.Sizes {
		for place := range size {
			m := &r.members[tag]
			m.room, m.place, m.first, m.slow = int32(room), int32(place), true, place >= size-p.Slow
			tag++
		}
	}
	return r
}

// message is a Config.OnMessage.
func (r *receiver) message(c *wsclient.Client, _ frame.Opcode, payload []byte) {
	ln := r.lanes[c.Loop()]
	at := r.plan.Mark.Find(payload, ln.guess)
	if at < 0 {
		r.without(c, payload)
		return
	}
	ln.guess = at
	r.text(c, ln, payload[at:])
	if r.rooms != nil {
		r.rooms[c.Tag()].Message(payload)
	}
	if ln.expected != nil {
		r.expect(c, ln, payload, payload[at:])
	}
	// A server may put several messages into one frame.
	for rest := payload[at:]; len(rest) >= 2*r.plan.Payload; {
		rest = rest[r.plan.Payload:]
		if at = r.plan.Mark.Find(rest, 0); at < 0 {
			return
		}
		rest = rest[at:]
		r.text(c, ln, rest)
	}
}

// without is a message of the server's own.
func (r *receiver) without(c *wsclient.Client, payload []byte) {
	if r.rooms != nil {
		if seq, ok := sequence.ParseSeq(payload); ok { // joins and leaves have their numbers too
			r.rooms[c.Tag()].See(seq)
		}
	}
	if len(r.answers) > 0 && string(payload) == string(r.answers) {
		_ = c.Send(r.answers) // a closed connection is counted where it ended
	}
}

// text counts one text.
func (r *receiver) text(c *wsclient.Client, ln *lane, text []byte) {
	stream, ok := message.Stream(text)
	number, okay := message.Number(text)
	m := &r.members[c.Tag()]
	slot := stream - int(m.room)*r.plan.Senders
	if !ok || !okay || slot < 0 || slot >= r.plan.Senders || number > r.each {
		ln.foreign++
		return
	}
	if number == 0 {
		r.probe(m, ln)
		return
	}
	t := &r.tracks[c.Tag()*r.plan.Senders+slot]
	if m.first && t.First == 0 {
		t.FromFirst(uint64(number))
	}
	if !t.Add(uint64(number)) {
		return
	}
	ln.delivered++
	ln.last[stream*r.each+number-1] = c.ReadAt()
	if (c.Tag()+number)&r.mask != 0 {
		return
	}
	if due, ok := message.Due(text); ok {
		r.time(ln, due, c.ReadAt())
		return
	}
	ln.foreign++
}

func (r *receiver) time(ln *lane, due, at int64) {
	if due >= r.from.Load() {
		ln.delivery.Record(at/int64(time.Microsecond) - due)
	}
}

func (r *receiver) probe(m *member, ln *lane) {
	if !m.ready && m.first {
		m.ready = true
		ln.readied++
	}
}

// batch is a Config.OnBatch.
func (r *receiver) batch(loop int, took time.Duration) {
	ln := r.lanes[loop]
	ln.seenDelivered.Store(ln.delivered)
	ln.seenReady.Store(ln.readied)
	ln.busy.Add(int64(took))
	ln.batches.Record(took.Microseconds())
	if r.from.Load() != 0 {
		ln.busyFor(clock.Monotonic(), int64(took))
	}
}

// delivered, ready and busy are of all loops, as of their last batches.
func (r *receiver) delivered() (n uint64) {
	for _, ln := range r.lanes {
		n += ln.seenDelivered.Load()
	}
	return n
}

func (r *receiver) ready() (n int) {
	for _, ln := range r.lanes {
		n += int(ln.seenReady.Load())
	}
	return n
}

// busy returns the time that the busiest loop was not waiting.
func (r *receiver) busy() (most time.Duration) {
	for _, ln := range r.lanes {
		most = max(most, time.Duration(ln.busy.Load()))
	}
	return most
}
