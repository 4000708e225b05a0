package rooms

import (
	"slices"
	"sort"
)

// extra is the text that the frame of an announcement leaves out, see Config.Extra.
type extra struct {
	at   int64 // position of the frame in the log
	text string
}

// extraSize is the size of an extra besides its text, in bytes.
const extraSize = 24

// extras are the extras of a room's frames, in the order of the log. Room.mu guards them, but flushes read a copy of the slice
// without it. So its elements are never changed.
type extras struct {
	all   []extra
	texts int64 // length of all texts, in bytes
	freed int   // the largest possible number of dropped elements in the memory before all
}

// size returns the memory that x uses, in bytes.
func (x *extras) size() int64 { return extraSize*int64(cap(x.all)) + x.texts }

// extrasSince returns the extras of frames from position at on.
func extrasSince(all []extra, at int64) []extra {
	return all[sort.Search(len(all), func(i int) bool { return all[i].at >= at }):]
}

// extras returns the extras of the room's frames. mu is held.
func (r *Room) extras() []extra {
	if r.rare == nil {
		return nil
	}
	return r.rare.extras.all
}

// addExtra keeps the extra of an announcement, which is about to be appended at the head of the log. mu is held.
func (r *Room) addExtra(body []byte) {
	if r.hub.cfg.Extra == nil {
		return
	}
	text := r.hub.cfg.Extra(body)
	if len(text) == 0 {
		return
	}
	x := &r.withRare().extras
	x.all = append(x.all, extra{r.log.head, string(text)})
	x.texts += int64(len(text))
}

// forgetExtras drops the extras of frames that are no longer in the log. mu is held.
func (r *Room) forgetExtras() {
	if r.rare == nil || len(r.rare.extras.all) == 0 {
		return
	}
	x, begin := &r.rare.extras, r.log.head
	if first := r.log.first; first != nil {
		begin = first.base
	}
	n := 0
	for ; n < len(x.all) && x.all[n].at < begin; n++ {
		x.texts -= int64(len(x.all[n].text))
	}
	x.all, x.freed = x.all[n:], x.freed+n
	switch {
	case len(x.all) == 0:
		x.all, x.freed = nil, 0
	case x.freed > len(x.all): // otherwise the texts of the dropped elements would stay in memory
		x.all, x.freed = slices.Clone(x.all), 0
	}
}
