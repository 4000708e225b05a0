package rooms

import (
	"sort"
	"sync"
	"sync/atomic"

	"plenum/codec/frame"
)

// piece is frames of the log that follow one another, in one view.
type piece struct {
	data   []byte
	at     int64  // the log's offset where it begins
	frames int    // in data; negative: not counted
	marks  []mark // where each frame begins, and the last one ends; nil: as in the log
}

// mark is a position in the log, and in a view's data.
type mark struct {
	at int64
	in int
}

// from is the rest of p from the log's offset at, which is a frame's, or p's end.
func (p *piece) from(at int64) piece {
	if p.marks == nil {
		return piece{data: p.data[at-p.at:], at: at, frames: -1}
	}
	return rendered(p.data, p.marks[0].in, p.marks[markAt(p.marks, at):])
}

// rendered is a piece from the first mark to the last, of data that begins at from.
func rendered(data []byte, from int, marks []mark) piece {
	first, last := marks[0], marks[len(marks)-1]
	return piece{data: data[first.in-from : last.in-from], at: first.at, frames: len(marks) - 1, marks: marks}
}

// markAt is the index of the first mark at the log's offset at, or behind it.
func markAt(marks []mark, at int64) int {
	return sort.Search(len(marks), func(i int) bool { return marks[i].at >= at })
}

// reach is how far in the log the first n bytes of p go, whole frames, and how many these are.
func (p *piece) reach(n int) (at int64, frames int) {
	switch {
	case p.marks != nil:
		i := sort.Search(len(p.marks), func(i int) bool { return p.marks[i].in-p.marks[0].in >= n })
		return p.marks[i].at, i
	case p.frames >= 0 && n == len(p.data):
		return p.at + int64(n), p.frames
	}
	return p.at + int64(n), frame.Count(p.data[:n])
}

// renderings are a chunk's frames in other views: rendered once, by the first flush that
// needs them, and kept while anybody reads them and for some time after.
type renderings struct {
	size atomic.Int64 // in bytes

	mu  sync.Mutex
	all []*rendering
}

// rendering is the chunk's frames from one on, in one view. As in a chunk, what was
// sliced stays as it is while others append.
type rendering struct {
	view  uint8
	marks []mark
	data  []byte
}

// markSize is a mark's, in bytes.
const markSize = 16

func (r *rendering) size() int64 { return int64(cap(r.data)) + markSize*int64(cap(r.marks)) }

// render returns s, of the log, as a view of the hub's has it.
func (rs *renderings) render(room *Room, view uint8, s *source) piece {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r, end := rs.of(view), s.at+int64(len(s.data))
	had := r.size()
	if len(r.marks) == 0 {
		r.marks = []mark{{at: s.at}}
	}
	if first := r.marks[0].at; s.at < first { // somebody who came later reads from earlier
		before := rendering{marks: []mark{{at: s.at}}}
		before.extend(room, view, s, first)
		before.join(r)
	}
	r.extend(room, view, s, end)
	rs.size.Add(r.size() - had)
	return rendered(r.data, 0, r.marks[markAt(r.marks, s.at):markAt(r.marks, end)+1])
}

// extend renders on, up to the log's offset to.
func (r *rendering) extend(room *Room, view uint8, s *source, to int64) {
	for at := r.marks[len(r.marks)-1].at; at < to; {
		f := s.chunk[at-s.base:]
		f = f[:frame.Whole(f, 1)]
		r.data = room.hub.views.at(view).append(r.data, f, room.epoch.String())
		at += int64(len(f))
		r.marks = append(r.marks, mark{at, len(r.data)})
	}
}

// join puts r before what follows it, and takes its place.
func (r *rendering) join(after *rendering) {
	from := len(r.data)
	for _, m := range after.marks[1:] {
		r.marks = append(r.marks, mark{m.at, from + m.in})
	}
	after.marks, after.data = r.marks, append(r.data, after.data...)
}

// of returns a view's rendering. mu is held.
func (rs *renderings) of(view uint8) *rendering {
	for _, r := range rs.all {
		if r.view == view {
			return r
		}
	}
	r := &rendering{view: view}
	rs.all = append(rs.all, r)
	return r
}

// source is a piece of a chunk before it is rendered.
type source struct {
	piece
	chunk      []byte // all of it, from the log's offset base on
	base       int64
	maxPayload int         // payload that there may be
	views      *renderings // of the chunk; nil: nobody reads another view
}

// source is c from offset at on, with what its other views are kept in where anybody may
// read them. Room.mu is held.
func (c *chunk) source(at int64, viewed bool) source {
	if viewed && c.views == nil {
		c.views = new(renderings)
	}
	return source{piece{data: c.from(at), at: at, frames: -1}, c.data, c.base, c.maxPayload, c.views}
}

// as returns s in a view.
func (s *source) as(room *Room, view uint8) piece {
	if view == 0 || s.maxPayload < room.hub.views.at(view).from {
		return s.piece
	}
	return s.views.render(room, view, s)
}

// weigh counts what c's other views take, which were rendered without the lock. Room.mu is
// held.
func (l *roomLog) countViews(c *chunk) {
	if c == nil || c.views == nil {
		return
	}
	size := c.views.size.Load()
	l.size += size - c.viewed
	c.viewed = size
}

// dropViews drops the renderings of chunks that no member reads. They are kept until here because
// members that resume one after the other share them. Room.mu is held.
func (l *roomLog) dropViews() {
	for c := l.first; c != nil; c = c.next {
		if c.readers == 0 {
			l.size -= c.viewed
			c.views, c.viewed = nil, 0
		}
	}
}
