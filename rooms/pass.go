package rooms

import (
	"sync"

	"plenum/codec"
	"plenum/codec/frame"
)

// pass is what one run remembers between its two locks. It is reused.
type pass struct {
	chunk   *chunk // where the segment stood at the start
	batch   []byte // what it writes
	at      int64  // the batch's offset
	seq     uint64 // of the batch's last frame
	frames  int    // in the batch
	since   moment // of its first frame's publish
	members []*Member
	late    []attempt // whose write was cut
	ready   []attempt // written from their own places
	slow    []*Member // too far behind

	deliveries, bytes, writes uint64
	gaps, missed              uint64
}

// attempt is one member written from its own place.
type attempt struct {
	member *Member
	rest   []byte // what was to be written
	at     int64  // how far it got
	full   bool   // the sink did not take all
	missed uint64 // 0: none; else it skips from this message to that before at, numbered last
	last   uint64
}

var passes = sync.Pool{New: func() any { return new(pass) }}

// write gives the batch to a member that is not behind.
func (p *pass) write(m *Member, lag int64) {
	if m.behind {
		if m.at >= 0 && p.at+int64(len(p.batch))-m.at > lag {
			p.slow = append(p.slow, m)
		}
		return
	}
	batch, at := p.batch, p.at
	if m.at > at { // it joined after the batch's first frames
		skip := min(m.at-at, int64(len(batch)))
		batch, at = batch[skip:], at+skip
	}
	if len(batch) == 0 {
		return
	}
	n, err := m.sink.WriteFrames(batch)
	if err != nil {
		return // its owner is about to call Leave
	}
	p.count(batch[:n], len(p.batch))
	if n < len(batch) {
		p.late = append(p.late, attempt{member: m, at: at + int64(n)})
	}
}

// retry writes a member of r that was behind and has drained.
func (p *pass) retry(r *Room, a *attempt) {
	if a.missed > 0 {
		p.tell(r, a)
		return
	}
	if len(a.rest) == 0 { // it was held, and nothing was said meanwhile
		return
	}
	n, err := a.member.sink.WriteFrames(a.rest)
	if err != nil {
		a.full = true
		return
	}
	p.count(a.rest[:n], -1)
	a.at += int64(n)
	a.full = n < len(a.rest)
}

// tell tells a member what it has missed.
func (p *pass) tell(r *Room, a *attempt) {
	gap := r.hub.cfg.Gap(nil, codec.Gap{Room: r.name, From: a.missed, To: a.last, Epoch: r.epochName()})
	n, err := a.member.sink.WriteFrames(gap)
	a.full = err != nil || n < len(gap)
	if !a.full {
		p.gaps++
		p.missed += a.last - a.missed + 1
	}
}

// count adds a write's deliveries; the frames of a whole batch are known.
func (p *pass) count(taken []byte, whole int) {
	if len(taken) == 0 {
		return
	}
	p.writes++
	p.bytes += uint64(len(taken))
	if len(taken) == whole {
		p.deliveries += uint64(p.frames)
		return
	}
	p.deliveries += uint64(frame.Count(taken))
}

// forget makes p ready for the next run and lets go of what it pointed to.
func (p *pass) forget() {
	clear(p.members)
	clear(p.late)
	clear(p.ready)
	clear(p.slow)
	*p = pass{members: p.members[:0], late: p.late[:0], ready: p.ready[:0], slow: p.slow[:0]}
}
