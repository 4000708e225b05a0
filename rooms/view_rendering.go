package rooms

import (
	"sort"
	"sync"
	"sync/atomic"

	"plenum/codec/frame"
)

// piece is a sequence of frames in one form, the log's own or a View's.
type piece struct {
	data   []byte
	at     int64  // the position in the log of its first frame
	frames int    // number of frames in data; negative if not counted
	marks  []mark // the start of each frame and the end of the last one; nil in the log's own form
}

// mark maps a position in the log to an index of a rendering's data.
type mark struct {
	at int64
	in int
}

// from returns the rest of p from position at, which is a frame's or the end of p.
func (p *piece) from(at int64) piece {
	if p.marks == nil {
		return piece{data: p.data[at-p.at:], at: at, frames: -1}
	}
	return rendered(p.data, p.marks[0].in, p.marks[markAt(p.marks, at):])
}

// rendered returns the piece between the first and the last mark. data is the rendering from index from
// on.
func rendered(data []byte, from int, marks []mark) piece {
	first, last := marks[0], marks[len(marks)-1]
	return piece{data: data[first.in-from : last.in-from], at: first.at, frames: len(marks) - 1, marks: marks}
}

// until returns the part of p before position at, which is a frame's or the end of p.
func (p *piece) until(at int64) piece {
	if p.marks == nil {
		return piece{data: p.data[:at-p.at], at: p.at, frames: -1}
	}
	return rendered(p.data, p.marks[0].in, p.marks[:markAt(p.marks, at)+1])
}

// markAt returns the index of the first mark at or after position at.
func markAt(marks []mark, at int64) int {
	return sort.Search(len(marks), func(i int) bool { return marks[i].at >= at })
}

// reach returns the position in the log after the first n bytes of p, and the number of frames in these
// bytes, which are whole frames.
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

// renderings are a chunk's frames in Views. A frame is rendered once per View, by the first flush
// that needs it. The renderings stay until dropViews finds that no member reads the chunk.
type renderings struct {
	size atomic.Int64 // in bytes

	mu  sync.Mutex
	all []*rendering
}

// rendering is the frames of a chunk, from some frame on, in one View. As in a chunk, bytes that
// were sliced do not change while others append.
type rendering struct {
	view  uint8
	marks []mark
	data  []byte
}

// markSize is the size of a mark, in bytes.
const markSize = 16

func (r *rendering) size() int64 { return int64(cap(r.data)) + markSize*int64(cap(r.marks)) }

// render returns s, which is in the log's own form, in a View of the hub.
func (rs *renderings) render(room *Room, view uint8, s *source) piece {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r, end := rs.of(view), s.at+int64(len(s.data))
	had := r.size()
	if len(r.marks) == 0 {
		r.marks = []mark{{at: s.at}}
	}
	if first := r.marks[0].at; s.at < first { // the rendering was begun by a flush from a later position
		before := rendering{marks: []mark{{at: s.at}}}
		before.extend(room, view, s, first)
		before.join(r)
	}
	r.extend(room, view, s, end)
	rs.size.Add(r.size() - had)
	return rendered(r.data, 0, r.marks[markAt(r.marks, s.at):markAt(r.marks, end)+1])
}

// extend renders the frames from the end of r up to position to.
func (r *rendering) extend(room *Room, view uint8, s *source, to int64) {
	extras := extrasSince(s.extras, r.marks[len(r.marks)-1].at)
	for at := r.marks[len(r.marks)-1].at; at < to; {
		f := s.chunk[at-s.base:]
		f = f[:frame.Whole(f, 1)]
		var with string
		if len(extras) > 0 && extras[0].at == at {
			with, extras = extras[0].text, extras[1:]
		}
		r.data = room.hub.views.at(view).append(r.data, f, with, room.epoch.String())
		at += int64(len(f))
		r.marks = append(r.marks, mark{at, len(r.data)})
	}
}

// join puts the frames of r before those of after, and stores the result in after.
func (r *rendering) join(after *rendering) {
	from := len(r.data)
	for _, m := range after.marks[1:] {
		r.marks = append(r.marks, mark{m.at, from + m.in})
	}
	after.marks, after.data = r.marks, append(r.data, after.data...)
}

// of returns the rendering for a View. mu is held.
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

// source is a piece in the log's own form, with all that is needed to render it.
type source struct {
	piece
	chunk      []byte // the whole chunk, from position base on
	base       int64
	maxPayload int         // largest payload, or more
	views      *renderings // of the chunk; nil if no member reads a View
	extras     []extra     // of the log; read-only; nil if no member reads a View
}

// source returns the frames of c, a chunk of r, from position at on. Room.mu is held.
func (c *chunk) source(r *Room, at int64) source {
	s := source{piece{data: c.from(at), at: at, frames: -1}, c.data, c.base, c.maxPayload, c.views, nil}
	if r.members.viewers == 0 {
		return s
	}
	if c.views == nil {
		c.views = new(renderings)
	}
	s.views, s.extras = c.views, r.extras()
	return s
}

// as returns s in a View, or in the log's own form if view is 0 or the View changes none of the
// frames.
func (s *source) as(room *Room, view uint8) piece {
	if view == 0 || s.maxPayload < room.hub.views.at(view).from {
		return s.piece
	}
	return s.views.render(room, view, s)
}

// countViews adds the renderings of c that were made since the last call to the size of the log. c may
// be nil. It is called after a flush, because rendering does not hold Room.mu. Room.mu is held.
func (l *roomLog) countViews(c *chunk) {
	if c == nil || c.views == nil {
		return
	}
	size := c.views.size.Load()
	l.size += size - c.viewed
	c.viewed = size
}

// dropViews drops the renderings of chunks without readers. They are kept until here so that
// members that resume one after the other share them. Room.mu is held.
func (l *roomLog) dropViews() {
	for c := l.first; c != nil; c = c.next {
		if c.readers == 0 {
			l.size -= c.viewed
			c.views, c.viewed = nil, 0
		}
	}
}
