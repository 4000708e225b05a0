// Package wheel is a hashed timer wheel: a ring of slots, each a dense slice of
// the items that fall due in it. It has no lock, clock or goroutine of its own:
// the caller serializes the calls and passes the tick that is now. Arming,
// moving and removing an item cost O(1) and no allocation in the steady state.
package wheel

// Entry is an item's place in a wheel, 8 bytes that live inside the item. The
// zero value is not armed. Only the wheel changes it.
type Entry struct {
	due   uint32 // tick
	index uint32 // position in its slot plus one; 0: not armed
}

// Armed tells whether the item is in a wheel.
func (e *Entry) Armed() bool { return e.index != 0 }

// Wheel holds items until their tick. A tick is whatever the caller counts.
type Wheel[T comparable] struct {
	entry func(T) *Entry // where an item's Entry lies
	slots [][]T
	now   uint32 // the last tick that Advance has handled
	count int
}

// New makes a wheel of n slots that stands at tick now. An item due further
// ahead than n ticks is passed over until its round comes, so n costs speed, not
// correctness. entry returns where an item's Entry lies.
func New[T comparable](n int, now uint32, entry func(T) *Entry) *Wheel[T] {
	return &Wheel[T]{entry: entry, slots: make([][]T, max(n, 1)), now: now}
}

// Len is how many items are armed.
func (w *Wheel[T]) Len() int { return w.count }

// Arm sets item to come up at tick due, moving it where it was armed before. A
// tick already handled comes up with the next one.
func (w *Wheel[T]) Arm(item T, due uint32) {
	w.Disarm(item)
	due = max(due, w.now+1)
	slot := w.slot(due)
	*slot = append(*slot, item)
	*w.entry(item) = Entry{due: due, index: uint32(len(*slot))}
	w.count++
}

// Disarm takes item out; one that is not armed stays so.
func (w *Wheel[T]) Disarm(item T) {
	e := w.entry(item)
	if !e.Armed() {
		return
	}
	slot := w.slot(e.due)
	last := len(*slot) - 1
	moved := (*slot)[last]
	(*slot)[e.index-1] = moved
	w.entry(moved).index = e.index
	var none T
	(*slot)[last] = none
	*slot = shrink((*slot)[:last])
	*e = Entry{}
	w.count--
}

// Advance moves the wheel to tick now, appends every item that is due by then
// to fired, disarmed, and returns it.
func (w *Wheel[T]) Advance(now uint32, fired []T) []T {
	if now-w.now > uint32(len(w.slots)) { // a long pause: one round sees every slot
		w.now = now - uint32(len(w.slots))
	}
	for w.now < now {
		w.now++
		fired = w.fire(w.slot(w.now), fired)
	}
	return fired
}

func (w *Wheel[T]) fire(slot *[]T, fired []T) []T {
	for i := 0; i < len(*slot); {
		item := (*slot)[i]
		if w.entry(item).due > w.now {
			i++
			continue
		}
		fired = append(fired, item)
		w.Disarm(item) // fills place i with the last one, so i stays
	}
	return fired
}

func (w *Wheel[T]) slot(tick uint32) *[]T { return &w.slots[int(tick)%len(w.slots)] }

// shrink gives back a slot's memory after a storm has passed, with slack enough
// that a steady population never reallocates.
func shrink[T any](s []T) []T {
	if cap(s) < 64 || len(s) > cap(s)/4 {
		return s
	}
	return append(make([]T, 0, cap(s)/2), s...)
}
