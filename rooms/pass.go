package rooms

import (
	"sync"

	"plenum/codec"
)

// pass is what one run remembers between its two locks. It is reused.
type pass struct {
	chunk   *chunk  // where the segment stood at the start
	batch   source  // what it writes
	views   []piece // the batch in other views, as far as it is rendered: by view, less 1
	seq     uint64  // of the batch's last frame
	since   moment  // of its first frame's publish
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
	rest   source // what was to be written
	at     int64  // how far it got
	full   bool   // the sink did not take all
	missed uint64 // 0: none; else it skips from this message to that before at, numbered last
	last   uint64
}

var passes = sync.Pool{New: func() any { return new(pass) }}

// write gives the batch to a member of r that is not behind.
func (p *pass) write(r *Room, m *Member) {
	if m.behind {
		if m.at >= 0 && p.end()-m.at > r.hub.cfg.SlowLag {
			p.slow = append(p.slow, m)
		}
		return
	}
	batch := &p.batch.piece
	if m.view != 0 && len(batch.data) > 0 {
		batch = p.view(r, m.view)
	}
	if m.at > batch.at { // it joined after the batch's first frames
		rest := batch.from(min(m.at, p.end()))
		batch = &rest
	}
	if len(batch.data) == 0 {
		return
	}
	n, err := m.sink.WriteFrames(batch.data)
	if err != nil {
		return // its owner is about to call Leave
	}
	at := p.count(batch, n)
	if n < len(batch.data) {
		p.late = append(p.late, attempt{member: m, at: at})
	}
}

// end is the log's offset behind the batch.
func (p *pass) end() int64 { return p.batch.at + int64(len(p.batch.data)) }

// view is the batch in another view.
func (p *pass) view(r *Room, view uint8) *piece {
	for len(p.views) < int(view) {
		p.views = append(p.views, piece{})
	}
	v := &p.views[view-1]
	if v.data == nil {
		*v = p.batch.as(r, view)
	}
	return v
}

// retry writes a member of r that was behind and has drained.
func (p *pass) retry(r *Room, a *attempt) {
	if a.missed > 0 {
		p.tell(r, a)
		return
	}
	if len(a.rest.data) == 0 { // it was held, and nothing was said meanwhile
		return
	}
	rest := a.rest.as(r, a.member.view)
	n, err := a.member.sink.WriteFrames(rest.data)
	if err != nil {
		a.full = true
		return
	}
	a.at = p.count(&rest, n)
	a.full = n < len(rest.data)
}

// tell tells a member what it has missed.
func (p *pass) tell(r *Room, a *attempt) {
	gap := r.hub.cfg.Gap(nil, codec.Gap{Room: r.name, From: a.missed, To: a.last, Epoch: r.epoch.String()})
	if v := a.member.view; v != 0 {
		gap = r.hub.views.at(v).append(nil, gap, r.epoch.String())
	}
	n, err := a.member.sink.WriteFrames(gap)
	a.full = err != nil || n < len(gap)
	if !a.full {
		p.gaps++
		p.missed += a.last - a.missed + 1
	}
}

// count adds a write of the first n bytes of what was to be written, and returns how far in
// the log that is.
func (p *pass) count(of *piece, n int) (at int64) {
	if n == 0 {
		return of.at
	}
	at, frames := of.reach(n)
	p.writes++
	p.bytes += uint64(n)
	p.deliveries += uint64(frames)
	return at
}

// forget makes p ready for the next run and lets go of what it pointed to.
func (p *pass) forget() {
	clear(p.members)
	clear(p.late)
	clear(p.ready)
	clear(p.slow)
	clear(p.views)
	*p = pass{members: p.members[:0], late: p.late[:0], ready: p.ready[:0], slow: p.slow[:0], views: p.views[:0]}
}
