package rooms

import (
	"sync"

	"plenum/codec"
)

// flush is one write of a segment's members, of what the log holds past the segment's position. It is what
// the flush remembers between the two times that it holds the room's lock, and is used again.
type flush struct {
	chunk   *chunk  // where the segment stood at the start
	batch   source  // what it writes
	views   []piece // the batch in other views, as far as it is rendered: by view, less 1
	seq     uint64  // of the batch's last frame
	since   moment  // of its first frame's publish
	members []*Member
	cut     []attempt // whose write was cut
	ready   []attempt // written from their own positions
	slow    []*Member // too far behind

	deliveries, bytes, writes uint64
	gaps, missed              uint64
}

// attempt is one member written from its own position.
type attempt struct {
	member *Member
	rest   source // what was to be written
	at     int64  // how far it got
	full   bool   // the sink did not take all
	missed uint64 // 0: none; else it skips from this message to that before at, numbered last
	last   uint64
}

var flushes = sync.Pool{New: func() any { return new(flush) }}

// write writes the batch to a member of r, unless the member is behind.
func (f *flush) write(r *Room, m *Member) {
	if m.behind {
		if m.at >= 0 && m.isTooFarBehind(f.end(), r.hub.cfg.SlowLag) {
			f.slow = append(f.slow, m)
		}
		return
	}
	batch := &f.batch.piece
	if m.view != 0 && len(batch.data) > 0 {
		batch = f.view(r, m.view)
	}
	if m.at > batch.at { // it joined after the batch's first frames
		rest := batch.from(min(m.at, f.end()))
		batch = &rest
	}
	if len(batch.data) == 0 {
		return
	}
	n, err := m.sink.WriteFrames(batch.data)
	if err != nil {
		return // its owner is about to call Leave
	}
	at := f.count(batch, n)
	if n < len(batch.data) {
		f.cut = append(f.cut, attempt{member: m, at: at})
	}
}

// end returns the position behind the batch.
func (f *flush) end() int64 { return f.batch.at + int64(len(f.batch.data)) }

// view returns the batch in another view.
func (f *flush) view(r *Room, view uint8) *piece {
	for len(f.views) < int(view) {
		f.views = append(f.views, piece{})
	}
	v := &f.views[view-1]
	if v.data == nil {
		*v = f.batch.as(r, view)
	}
	return v
}

// retry writes a member of r that was behind and has drained.
func (f *flush) retry(r *Room, a *attempt) {
	if a.missed > 0 {
		f.writeGap(r, a)
		return
	}
	if len(a.rest.data) == 0 { // a resuming member, and nothing was published meanwhile
		return
	}
	rest := a.rest.as(r, a.member.view)
	n, err := a.member.sink.WriteFrames(rest.data)
	if err != nil {
		a.full = true
		return
	}
	a.at = f.count(&rest, n)
	a.full = n < len(rest.data)
}

// tell tells a member of r which messages it has missed.
func (f *flush) writeGap(r *Room, a *attempt) {
	gap := r.hub.cfg.Gap(nil, codec.Gap{Room: r.name, From: a.missed, To: a.last, Epoch: r.epoch.String()})
	if v := a.member.view; v != 0 {
		gap = r.hub.views.at(v).append(nil, gap, r.epoch.String())
	}
	n, err := a.member.sink.WriteFrames(gap)
	a.full = err != nil || n < len(gap)
	if !a.full {
		f.gaps++
		f.missed += a.last - a.missed + 1
	}
}

// count counts a write of the first n bytes of a piece, and returns the position in the log behind them.
func (f *flush) count(p *piece, n int) (at int64) {
	if n == 0 {
		return p.at
	}
	at, frames := p.reach(n)
	f.writes++
	f.bytes += uint64(n)
	f.deliveries += uint64(frames)
	return at
}

// reset makes f ready for the next segment and drops all pointers.
func (f *flush) reset() {
	clear(f.members)
	clear(f.cut)
	clear(f.ready)
	clear(f.slow)
	clear(f.views)
	*f = flush{members: f.members[:0], cut: f.cut[:0], ready: f.ready[:0], slow: f.slow[:0], views: f.views[:0]}
}
