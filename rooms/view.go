package rooms

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"plenum/codec/frame"
)

// View is another form in which members read a room's log, such as deflated frames or events. It is comparable:
// members whose Views are equal (==) share one rendering of each message. A Hub is given 255 different ones at
// most, and panics at the next.
type View interface {
	// From is the least payload, in bytes, that looks different; the frames of shorter
	// ones are as in the log. 0: all look different. It does not change.
	From() int
	// Render appends to dst what stands for the frame of a message, which it only reads. It is called once per
	// message for all members that read it at about the same time, by any goroutine, and neither
	// waits nor calls the hub.
	Render(dst, message []byte, epoch string) []byte
}

// Viewer is a Sink that reads a View; nil is the log's own form. It is asked
// when it joins, and then gets whole pieces of that form where Sink says frames.
type Viewer interface{ View() View }

// maxViews is how many Views a Member can tell apart, which has one byte for the number.
const maxViews = 255

// views are the Views that a hub's members have read, by number less 1. They stay.
type views struct {
	known atomic.Pointer[[]knownView] // copied to be changed

	mu sync.Mutex // held to change known
}

type knownView struct {
	View
	from int // View.From
}

// numberOf returns the number of a sink's view, a new one if no member has read it yet; 0: the log's own form.
func (v *views) numberOf(s Sink) uint8 {
	viewer, ok := s.(Viewer)
	if !ok {
		return 0
	}
	view := viewer.View()
	if view == nil {
		return 0
	}
	if n := v.find(view); n > 0 {
		return n
	}
	return v.add(view)
}

// find returns the number of a view; 0: it has none.
func (v *views) find(view View) uint8 {
	return uint8(1 + slices.IndexFunc(v.all(), func(k knownView) bool { return k.View == view }))
}

func (v *views) add(view View) uint8 {
	added := knownView{view, view.From()}
	v.mu.Lock()
	defer v.mu.Unlock()
	if n := v.find(view); n > 0 { // another member was quicker
		return n
	}
	known := append(slices.Clone(v.all()), added)
	if len(known) > maxViews {
		panic(fmt.Sprintf("rooms: more than %d different views", maxViews))
	}
	v.known.Store(&known)
	return uint8(len(known))
}

func (v *views) all() []knownView {
	if known := v.known.Load(); known != nil {
		return *known
	}
	return nil
}

// at returns the view with a number that is not 0.
func (v *views) at(number uint8) *knownView { return &v.all()[number-1] }

// append appends one of the log's frames as v has it.
func (v *knownView) append(dst, f []byte, epoch string) []byte {
	_, n, _ := frame.ParseHeader(f) // our own
	message := f[n:]
	if len(message) < v.from {
		return append(dst, f...)
	}
	return v.Render(dst, message, epoch)
}
