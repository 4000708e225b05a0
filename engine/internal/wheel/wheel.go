// Package wheel is a hashed timer wheel: a ring of slots, each with the items that are due in it. It has no lock, clock or
// goroutine. The caller serializes the calls and passes the current tick. Arming, moving and removing an item cost O(1),
// without allocation in the steady state. An armed item takes little more than 8 bytes besides its Entry, because the
// slots consist of blocks, which move from slot to slot as the items do.
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
	slots []slot[T]
	now   uint32 // the last tick that Advance has handled
	count int

	free   []*block[T] // empty blocks, to be used again
	unused int         // how many of free were not used since the beginning of the round
}

// slot is a list of items.
type slot[T any] struct {
	blocks []*block[T] // all are full except the last one
	len    int
}

const blockLen = 32

type block[T any] [blockLen]T

func (s *slot[T]) at(i int) *T { return &s.blocks[i/blockLen][i%blockLen] }

// New returns a wheel of n slots at tick now. entry returns the Entry inside an item. An item may be due more than n
// ticks ahead: each round skips it until it is due. So n affects speed, not correctness.
func New[T comparable](n int, now uint32, entry func(T) *Entry) *Wheel[T] {
	return &Wheel[T]{entry: entry, slots: make([]slot[T], max(n, 1)), now: now}
}

// Len returns the number of armed items.
func (w *Wheel[T]) Len() int { return w.count }

// Arm makes item due at tick due. If it was armed before, it is moved. If that tick has been handled already, item is
// due at the next tick.
func (w *Wheel[T]) Arm(item T, due uint32) {
	w.Disarm(item)
	due = max(due, w.now+1)
	slot := w.slot(due)
	if slot.len == len(slot.blocks)*blockLen {
		slot.blocks = append(slot.blocks, w.newBlock())
	}
	*slot.at(slot.len) = item
	slot.len++
	*w.entry(item) = Entry{due: due, index: uint32(slot.len)}
	w.count++
}

// Disarm removes item. If it is not armed, Disarm does nothing.
func (w *Wheel[T]) Disarm(item T) {
	e := w.entry(item)
	if !e.Armed() {
		return
	}
	slot := w.slot(e.due)
	slot.len--
	last := slot.at(slot.len)
	*slot.at(int(e.index - 1)) = *last
	w.entry(*last).index = e.index
	var none T
	*last = none
	if slot.len%blockLen == 0 {
		w.dropBlock(slot)
	}
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
		if int(w.now)%len(w.slots) == 0 {
			w.trim()
		}
	}
	return fired
}

func (w *Wheel[T]) fire(slot *slot[T], fired []T) []T {
	for i := 0; i < slot.len; {
		item := *slot.at(i)
		if w.entry(item).due > w.now {
			i++
			continue
		}
		fired = append(fired, item)
		w.Disarm(item) // moves the last item to position i, so i does not advance
	}
	return fired
}

func (w *Wheel[T]) slot(tick uint32) *slot[T] { return &w.slots[int(tick)%len(w.slots)] }

func (w *Wheel[T]) newBlock() *block[T] {
	last := len(w.free) - 1
	if last < 0 {
		return new(block[T])
	}
	b := w.free[last]
	w.free[last] = nil
	w.free = w.free[:last]
	w.unused = min(w.unused, last)
	return b
}

// dropBlock makes the last block of a slot, which is empty, free.
func (w *Wheel[T]) dropBlock(slot *slot[T]) {
	last := len(slot.blocks) - 1
	w.free = append(w.free, slot.blocks[last])
	slot.blocks[last] = nil
	slot.blocks = shrink(slot.blocks[:last])
}

// trim gives up the free blocks that were not needed for a whole round.
func (w *Wheel[T]) trim() {
	if w.unused > 0 {
		w.free = append([]*block[T](nil), w.free[w.unused:]...)
	}
	w.unused = len(w.free)
}

// shrink reduces the capacity of a list of blocks after a burst of items. It leaves enough spare capacity that a steady
// number of items causes no reallocation.
func shrink[E any](s []E) []E {
	if cap(s) < 64 || len(s) > cap(s)/4 {
		return s
	}
	return append(make([]E, 0, cap(s)/2), s...)
}
