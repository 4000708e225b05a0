package rooms

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"plenum/codec/frame"
)

// View is another form of the log's frames, such as deflated frames or server-sent events. Its
// dynamic type must be comparable: members whose Views are equal (==) share one rendering of each
// message. A Hub supports 255 different Views and panics at the next one.
type View interface {
	// From returns the size of the smallest payload that is rendered, in bytes. The frames of shorter
	// payloads stay as in the log. If it is 0, all are rendered. From always returns the same number.
	From() int
	// Render appends to dst the rendering of message, the payload of a frame. It must not change
	// message. epoch is the room's epoch. Render is called once per message for all members that read
	// it at about the same time. It is called by any goroutine, possibly with a lock held, so it
	// must not wait and must not call this package.
	Render(dst, message []byte, epoch string) []byte
}

// ExtraRenderer is a View that also renders the extras that frames leave out, see Config.Extra. For a message with an extra,
// RenderExtra is called in place of Render. extra is not empty.
type ExtraRenderer interface {
	RenderExtra(dst, message []byte, extra, epoch string) []byte
}

// Viewer is a Sink that reads a View. View is called once, when the Sink joins. If it returns nil,
// the Sink reads the log's own form. Otherwise WriteFrames takes whole renderings instead of whole
// frames.
type Viewer interface{ View() View }

// maxViews is the largest number of Views: a Member has one byte for the number.
const maxViews = 255

// views are all Views that members of a hub have read. A View's number is its index plus 1, and does
// not change.
type views struct {
	known atomic.Pointer[[]knownView] // replaced, never modified

	mu sync.Mutex // held while known is replaced
}

type knownView struct {
	View
	from int // the result of View.From
}

// numberOf returns the number of a Sink's View, and adds the View if it is new. It returns 0 if the Sink
// reads the log's own form. No lock is held.
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

// find returns the number of a View, or 0 if it has none.
func (v *views) find(view View) uint8 {
	return uint8(1 + slices.IndexFunc(v.all(), func(k knownView) bool { return k.View == view }))
}

func (v *views) add(view View) uint8 {
	added := knownView{view, view.From()}
	v.mu.Lock()
	defer v.mu.Unlock()
	if n := v.find(view); n > 0 { // another member has added it meanwhile
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

// at returns the View with a number, which is not 0.
func (v *views) at(number uint8) *knownView { return &v.all()[number-1] }

// append appends the rendering of f, a frame of the log. extra is the text that the frame leaves out, or empty.
func (v *knownView) append(dst, f []byte, extra, epoch string) []byte {
	_, n, _ := frame.ParseHeader(f) // a frame of this package has a valid header
	message := f[n:]
	if len(message) < v.from {
		return append(dst, f...)
	}
	if e, ok := v.View.(ExtraRenderer); ok && extra != "" {
		return e.RenderExtra(dst, message, extra, epoch)
	}
	return v.Render(dst, message, epoch)
}
