// Package wheel is a hashed timer wheel: a ring of slots, each a slice of the items that are due in it. It has no lock,
// clock or goroutine. The caller serializes the calls and passes the current tick. Arming, moving and removing an item
// cost O(1), without allocation in the steady state.
package wheel

// Entry is the position of an item in a wheel: 8 bytes inside the item. The zero value is not armed. Only the wheel
// changes it.
type Entry struct {
	due   uint32 // the tick at which the item is due
	index uint32 // position in the slot plus 1; 0: not armed
}

// Armed reports whether the item is in a wheel.
func (e *Entry) Armed() bool { return e.index != 0 }

// Wheel holds items until they are due. The caller defines the length of a tick.
type Wheel[T comparable] struct {
	entry func(T) *Entry // returns the Entry inside an item
	slots [][]T
	now   uint32 // the last tick that Advance has handled
	count int
}

// New returns a wheel of n slots at tick now. entry returns the Entry inside an item. An item may be due more than n
// ticks ahead: each round skips it until it is due. So n affects speed, not correctness.
func New[T comparable](n int, now uint32, entry func(T) *Entry) *Wheel[T] {
	return &Wheel[T]{entry: entry, slots: make([][]T, max(n, 1)), now: now}
}

// Len returns the number of armed items.
func (w *Wheel[T]) Len() int { return w.count }

// Arm makes item due at tick due. If it was armed before, it is moved. If that tick has been handled already, item is
// due at the next tick.
func (w *Wheel[T]) Arm(item T, due uint32) {
	w.Disarm(item)
	due = max(due, w.now+1)
	slot := w.slot(due)
	*slot = append(*slot, item)
	*w.entry(item) = Entry{due: due, index: uint32(len(*slot))}
	w.count++
}

// Disarm removes item. If it is not armed, Disarm does nothing.
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

// Advance moves the wheel to tick now. It removes all items that are due by then, appends them to fired and returns
// fired.
func (w *Wheel[T]) Advance(now uint32, fired []T) []T {
	if now-w.now > uint32(len(w.slots)) { // after a long pause, one round visits every slot
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
		w.Disarm(item) // moves the last item to position i, so i does not advance
	}
	return fired
}

func (w *Wheel[T]) slot(tick uint32) *[]T { return &w.slots[int(tick)%len(w.slots)] }

// shrink reduces the capacity of a slot after a burst of items. It leaves enough spare capacity that a steady number of
// items causes no reallocation.
func shrink[T any](s []T) []T {
	if cap(s) < 64 || len(s) > cap(s)/4 {
		return s
	}
	return append(make([]T, 0, cap(s)/2), s...)
}
