package rooms

import "plenum/codec"

// flush is the state of one flush of a segment from its beginning to its end. It is owned by the flushing goroutine and
// reused.
type flush struct {
	segment *segment
	chunk   *chunk    // the chunk of the segment's position at the beginning
	batch   source    // the frames to write: the rest of the chunk
	views   []piece   // renderings of the batch, by number of the View less 1; empty if not rendered
	seq     uint64    // number of the batch's last frame
	since   moment    // when the batch's first frame was published
	members []*Member // shared with the segment; read-only
	cut     []attempt // members whose write was cut
	ready   []attempt // members behind, written from their own positions
	slow    []*Member // members too far behind

	exclusions exclusions // for the members that are not written all frames; sorted per member

	joined *[]Joiner // flusher.joined, if the writes are to be joined; otherwise nil

	deliveries, bytes, writes uint64
	gaps, missed, excluded    uint64
}

// attempt is a write to one member from its own position.
type attempt struct {
	member *Member
	rest   source // the frames to write
	at     int64  // the position after the write
	full   bool   // the Sink has not taken all, or has returned an error
	missed uint64 // if not 0, the member skips: the numbers of the messages that it has missed are missed to last
	last   uint64
}

// write writes the batch to m, a member of r, unless m is behind.
func (f *flush) write(r *Room, m *Member) {
	if m.behind {
		if m.isTooFarBehind(f.to(), r.hub.cfg.SlowLag) {
			f.slow = append(f.slow, m)
		}
		return
	}
	batch := &f.batch.piece
	if m.view != 0 && len(batch.data) > 0 {
		batch = f.view(r, m.view)
	}
	if m.at > batch.at { // m joined after the batch's first frames
		rest := batch.from(min(m.at, f.to()))
		batch = &rest
	}
	if len(batch.data) == 0 {
		return
	}
	if len(f.exclusions) > 0 && f.excepts(m) {
		f.writeExcepted(m, batch)
		return
	}
	n, err := f.send(m.sink, batch.data)
	if err != nil {
		return // the owner of m is about to call Leave
	}
	at := f.count(batch, n)
	if n < len(batch.data) {
		f.cut = append(f.cut, attempt{member: m, at: at})
	}
}

// send passes frames to a Sink, which writes or collects them. It counts the writes.
func (f *flush) send(to Sink, b []byte) (taken int, err error) {
	if f.joined != nil {
		if j, ok := to.(Joiner); ok {
			return f.collect(j, b)
		}
	}
	taken, err = to.WriteFrames(b)
	if taken > 0 {
		f.writes++
	}
	return taken, err
}

// collect is send for a Joiner.
func (f *flush) collect(to Joiner, b []byte) (taken int, err error) {
	taken, begins, err := to.CollectFrames(b)
	if begins {
		f.writes++
		*f.joined = append(*f.joined, to)
	}
	return taken, err
}

// to returns the position after the batch.
func (f *flush) to() int64 { return f.batch.at + int64(len(f.batch.data)) }

// view returns the batch in the View with the given number. Each View is rendered once per flush.
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

// work returns the work of the flush, see turnWork.
func (f *flush) work() int {
	return len(f.members)*(1+len(f.batch.data)/costlyWrite) + len(f.ready)
}

// retry writes to a member of r that was behind and has drained, from its own position.
func (f *flush) retry(r *Room, a *attempt) {
	if a.missed > 0 {
		f.writeGap(r, a)
		return
	}
	if len(a.rest.data) == 0 { // a resuming member, and nothing was published meanwhile
		return
	}
	rest := a.rest.as(r, a.member.view)
	if len(f.exclusions) > 0 {
		at, all, _ := f.writeAround(a.member, rest)
		a.at, a.full = at, !all
		return
	}
	n, err := f.send(a.member.sink, rest.data)
	if err != nil {
		a.full = true
		return
	}
	a.at = f.count(&rest, n)
	a.full = n < len(rest.data)
}

// writeGap sends a gap message to a member of r that has skipped messages.
func (f *flush) writeGap(r *Room, a *attempt) {
	gap := r.hub.cfg.Gap(nil, codec.Gap{Room: r.name, From: a.missed, To: a.last, Epoch: r.epoch.String()})
	if v := a.member.view; v != 0 {
		gap = r.hub.views.at(v).append(nil, gap, "", r.epoch.String())
	}
	n, err := f.send(a.member.sink, gap)
	a.full = err != nil || n < len(gap)
	if !a.full {
		f.gaps++
		f.missed += a.last - a.missed + 1
	}
}

// count counts the first n bytes of p as delivered, and returns the position after them.
func (f *flush) count(p *piece, n int) (at int64) {
	if n == 0 {
		return p.at
	}
	at, frames := p.reach(n)
	f.bytes += uint64(n)
	f.deliveries += uint64(frames)
	return at
}

// reset prepares f for the next segment and drops all pointers.
func (f *flush) reset() {
	clear(f.cut)
	clear(f.ready)
	clear(f.slow)
	clear(f.views)
	clear(f.exclusions)
	*f = flush{cut: f.cut[:0], ready: f.ready[:0], slow: f.slow[:0], views: f.views[:0], exclusions: f.exclusions[:0]}
}
