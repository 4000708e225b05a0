package load

import (
	"time"

	"plenum/bench/latency"
	"plenum/bench/sequence"
)

// Finish ends the load and returns its outcome. Slow members read again first, for up to 2 s, so that
// they notice whether the server has closed them. Then all connections are closed.
func (l *Load) Finish() *Outcome {
	l.wakeSlow()
	l.Stop()
	o := &l.sender
	p := &Outcome{
		Start: l.began, Sent: o.Sent, Due: o.due, Last: make([]int64, len(o.due)),
		Refused: o.refused, Unsent: o.unsent, Fault: o.fault, Held: l.pool.HeldBack(),
		Delivery: latency.NewHistogram(), Lag: o.lag, Batches: latency.NewHistogram(), Usage: l.spent,
		Ended: l.ended.Load(), SlowEnded: l.slowEnded.Load(), Stalls: l.stalls, End: l.how.First(), Ends: l.how.Counts(),
		Refusal: l.recv.talk.Fault(),
		Joins:   latency.NewHistogram(), Joined: l.joins.joined.Load(), Left: l.joins.left.Load(),
		NotJoined: l.joins.failed.Load(), JoinFault: orEmpty(l.joins.fault.Load()),
	}
	if l.plan.Churn > 0 {
		p.Joins = l.joins.latency
	}
	p.series(l)
	p.Stages = newStageCounts(len(l.plan.Stages))
	mergeStages(p.Stages, o.stages)
	l.looking.Lock()
	for _, ln := range l.recv.lanes {
		p.lane(ln)
	}
	l.looking.Unlock()
	l.stageHits = l.plan.stageHits(l.began)
	for tag := range l.recv.members {
		p.member(l, tag, l.all.Sent)
	}
	return p
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// lane adds the counts of one loop.
func (p *Outcome) lane(ln *lane) {
	p.BusiestInterval = max(p.BusiestInterval, ln.busiest)
	p.Delivered += ln.delivered
	p.Foreign += ln.foreign
	p.Delivery.Merge(ln.delivery.Whole())
	for i, row := range ln.rows {
		p.Series[i].Delivery.Merge(row)
	}
	p.Batches.Merge(ln.batches)
	mergeStages(p.Stages, ln.stages)
	for i, at := range ln.last {
		p.Last[i] = max(p.Last[i], at)
	}
}

// member adds the flaws and the missing deliveries of one member. sent has the last number of each
// stream. Slow members and members that never had a connection are left out.
func (p *Outcome) member(l *Load, tag int, sent []uint64) {
	m, slots, shared := &l.recv.members[tag], l.plan.slots(), l.plan.shared()
	if m.slow || l.clients[tag] == nil {
		return
	}
	for slot := range slots {
		stream := int(m.group)*slots + slot
		if !l.plan.receives(m, slot) {
			p.Echoed += l.recv.tracks[tag*slots+slot].Received
			continue
		}
		p.track(l, m, &l.recv.tracks[tag*slots+slot], stream, sent[stream])
	}
	if l.recv.rooms == nil {
		return
	}
	for _, s := range l.recv.rooms[tag*shared : (tag+1)*shared] {
		p.Room.Add(sequence.Flaws{Lost: s.Lost, Duplicated: s.Duplicated, OutOfOrder: s.OutOfOrder})
		p.Unnumbered += s.Unnumbered
		p.Numbered += s.Received
	}
}

// joinGrace is the time from the upgrade of a joining member until it must be in its rooms.
const joinGrace = 2 * time.Second

// track adds the flaws of member m in one stream. sent is the stream's last number. A member that was
// there from the start must have all messages. A member that joined must have all messages after the
// first one that it received. It must also have all that were due later than joinGrace after its upgrade.
// A member that left needs no messages after the last one that it received. Messages that the server had
// not delivered when it closed the member are lost, not missing.
func (p *Outcome) track(l *Load, m *member, t *sequence.Track, stream int, sent uint64) {
	p.Flaws.Add(t.Tally())
	t.Gaps(func(from, to uint64) { p.lose(l.plan, stream, from, to) })
	from := uint64(1)
	if !m.first {
		from = l.all.number(stream, l.plan.after(stream, time.Duration(m.joined-l.began)+joinGrace))
	}
	p.expectOf(l, m, t, stream, from, sent)
	if t.First > from && !m.first { // the track of a member from the start has counted these
		p.Flaws.Lost += t.First - from
		p.lose(l.plan, stream, from, t.First-1)
	}
	if next := max(from, t.Last+1); next <= sent && !m.leaving.Load() {
		p.lose(l.plan, stream, next, sent)
		if m.ended {
			p.Flaws.Lost += sent + 1 - next
			return
		}
		p.Missing += sent + 1 - next
	}
}
