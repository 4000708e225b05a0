package load

import (
	"sync/atomic"
	"time"

	"plenum/bench/clock"
	"plenum/bench/latency"
	"plenum/bench/message"
	"plenum/bench/sequence"
	"plenum/bench/speak"
	"plenum/bench/wsclient"
	"plenum/codec/frame"
)

// receiver checks and counts the messages that the members of a load receive. The fields and
// tracks of a member belong to its loop until the pools are shut down; a lane belongs to its
// loop.
//
// The clock is read once per read of a socket, for all frames of the read. The time of the last
// delivery is kept for every message. The latency of a single delivery is recorded for one in
// plan.Sample, chosen by the sum of tag and number. So every message has the same share of its
// members recorded, and every member the same share of its messages. The choice does not depend
// on latencies, so the percentiles are unbiased. The largest latency is known from the last
// deliveries, which are not sampled.
type receiver struct {
	// set at creation
	plan   *Plan
	each   int                                                  // upper bound for the messages of one stream
	mask   int                                                  // plan.Sample - 1
	shared int                                                  // rooms per group
	slots  int                                                  // streams per group
	lines  bool                                                 // a frame holds lines, each of which is a message
	seq    func(message, after []byte) (number uint64, ok bool) // parses the server's number
	talk   *speak.Talk

	// atomic, set before the first message
	from   atomic.Int64            // microseconds; messages due before it are not timed; 0: before the run
	bounds atomic.Pointer[[]int64] // of the stages, see Plan.Bounds; never nil

	lanes   []*lane             // by loop
	members []member            // by tag
	tracks  []sequence.Track    // plan.slots per member
	rooms   []sequence.Sequence // the server's numbers, plan.shared per member; nil without RoomSeq
	probed  []bool              // rooms of which a probe was received, plan.shared per member

	strange strangeMessages
}

// member is one connection of a load.
type member struct {
	group   int32
	index   int32 // index in its group
	unknown int32 // rooms of which it has not received a probe
	first   bool  // there from the start
	slow    bool  // will stop reading
	deaf    bool  // sends the probes of its group and receives no copy of them; it is ready if the other members receive them
	ready   bool  // has received a probe of each of its rooms, or is deaf; a slow member: has received a text
	ended   bool  // closed by the server; not set for a slow member

	// joined is when a member that is not first was upgraded, Monotonic; 0: not yet. Churn owns
	// it until the run has ended.
	joined int64

	leaving atomic.Bool // closed by churn; needs no messages after the last one that it received
}

// newReceiver returns a receiver for the members of all processes, with a lane per loop.
func newReceiver(p *Plan, loops int) *receiver {
	total := p.Members() + p.joiners()
	r := &receiver{
		plan: p, each: p.each(), mask: p.Sample - 1, shared: p.shared(), slots: p.slots(),
		members: make([]member, total), tracks: make([]sequence.Track, total*p.slots()), probed: make([]bool, total*p.shared()),
	}
	r.bounds.Store(new([]int64))
	r.talk = speak.NewTalk(p.Target.Dialect)
	r.lines, r.seq = r.talk.Lines(), r.talk.Seq()
	if p.RoomSeq && r.talk.Numbers() {
		r.rooms = make([]sequence.Sequence, total*p.shared())
	}
	for range loops {
		ln := &lane{delivery: latency.NewRecorder(), batches: latency.NewHistogram(), last: make([]int64, r.each*p.Streams())}
		if p.Every > 0 {
			ln.rows = newRows(p.intervals())
			ln.row = ln.rows[0]
		}
		if len(p.Stages) > 0 {
			ln.stages = newStageCounts(len(p.Stages))
		}
		if p.follows() {
			ln.expected = make([]expectedStream, len(p.Sizes))
			for room := range ln.expected {
				ln.expected[room].lines = r.lines
			}
		}
		r.lanes = append(r.lanes, ln)
	}
	tag := 0
	for group, size := range p.Sizes {
		for index := range size {
			m := &r.members[tag]
			m.group, m.index, m.unknown = int32(group), int32(index), int32(p.shared())
			m.first, m.slow = true, index >= size-p.Slow
			m.deaf = p.Target.NoSelf && index == 0
			m.ready = m.deaf
			tag++
		}
	}
	return r
}

// message implements wsclient.Config.OnMessage.
func (r *receiver) message(c *wsclient.Client, _ frame.Opcode, payload []byte) {
	ln := r.lanes[c.Loop()]
	if !r.lines {
		r.one(c, ln, payload, c.Frame())
		return
	}
	for len(payload) > 0 {
		var line []byte
		line, payload = r.talk.Split(payload)
		r.one(c, ln, line, line)
	}
}

// one handles one message. wire is the frame or the line in which it was received, or nil if the message
// had several frames.
func (r *receiver) one(c *wsclient.Client, ln *lane, payload, wire []byte) {
	at := r.plan.Mark.Find(payload, ln.textAt)
	if at < 0 {
		r.serverMessage(c, payload)
		return
	}
	ln.textAt = at
	r.text(c, ln, payload[at:])
	seq := uint64(0)
	if r.rooms != nil {
		seq = r.number(c.Tag(), payload, payload[at:])
	}
	if ln.expected != nil {
		r.expect(c, ln, payload, payload[at:], wire, seq)
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

// text counts the text at the beginning of text.
func (r *receiver) text(c *wsclient.Client, ln *lane, text []byte) {
	stream, streamOK := message.Stream(text)
	number, numberOK := message.Number(text)
	m := &r.members[c.Tag()]
	slot := stream - int(m.group)*r.slots
	if !streamOK || !numberOK || slot < 0 || slot >= r.slots || number > r.each {
		ln.foreign++
		return
	}
	if number == 0 {
		r.probe(c.Tag(), slot, ln)
		return
	}
	t := &r.tracks[c.Tag()*r.slots+slot]
	if m.first && t.First == 0 {
		t.FromFirst(uint64(number))
	}
	if !t.Add(uint64(number)) {
		return
	}
	ln.delivered++
	ln.last[stream*r.each+number-1] = c.ReadAt()
	sampled := (c.Tag()+number)&r.mask == 0
	if !sampled && ln.stages == nil {
		return
	}
	if due, ok := message.Due(text); ok {
		r.time(ln, due, c.ReadAt(), sampled)
		return
	}
	ln.foreign++
}

// time counts a delivery in the stage of its message. If the delivery is sampled, time also records its
// latency. The message was due at due, in microseconds, and was received at at, in nanoseconds.
func (r *receiver) time(ln *lane, due, at int64, sampled bool) {
	if sampled && due >= r.from.Load() {
		ln.delivery.Record(at/int64(time.Microsecond) - due)
		if ln.rows != nil {
			ln.row.Record(at/int64(time.Microsecond) - due)
		}
	}
	if ln.stages != nil {
		ln.stage(*r.bounds.Load(), due, at, sampled)
	}
}

// probe counts a probe of the room of a slot. A member that has one of each room is ready.
func (r *receiver) probe(tag, slot int, ln *lane) {
	m, seen := &r.members[tag], &r.probed[tag*r.shared+slot%r.shared]
	if *seen || !m.first || m.deaf {
		return
	}
	*seen = true
	m.unknown--
	if m.unknown == 0 {
		m.ready = true
		ln.ready++
	}
}

// batch implements wsclient.Config.OnBatch. It publishes the loop's counters, and adds the batch to the
// loop's busy time.
func (r *receiver) batch(loop int, took time.Duration) {
	ln := r.lanes[loop]
	ln.seenDelivered.Store(ln.delivered)
	ln.seenReady.Store(ln.ready)
	ln.busy.Add(int64(took))
	ln.delivery.HandOver()
	ln.batches.Record(took.Microseconds())
	from := r.from.Load()
	if from == 0 {
		return
	}
	now := clock.Monotonic()
	ln.busyUntil(now, int64(took))
	if ln.rows != nil {
		ln.row = ln.rows[r.plan.Interval(now-from*int64(time.Microsecond))]
	}
}

// delivered returns the deliveries of all loops, as of their last batches.
func (r *receiver) delivered() (n uint64) {
	for _, ln := range r.lanes {
		n += ln.seenDelivered.Load()
	}
	return n
}

// ready returns how many members have received a probe of each room, as of the last batches.
func (r *receiver) ready() (n int) {
	for _, ln := range r.lanes {
		n += int(ln.seenReady.Load())
	}
	return n
}

// busy returns the time that the busiest loop was not waiting, as of the last batches.
func (r *receiver) busy() (most time.Duration) {
	for _, ln := range r.lanes {
		most = max(most, time.Duration(ln.busy.Load()))
	}
	return most
}
