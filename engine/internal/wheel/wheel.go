// Package wheel is a hashed timer wheel: a ring of slots, each with the items that are due in it. It has no lock, clock or
// goroutine. The caller serializes the calls and passes the current tick. Arming, moving and removing an item cost O(1),
// without allocation in the steady state. No call does more than a bounded amount of work, however many items there are:
// see MaxSteps. An armed item takes little more than 8 bytes besides its Entry, because the slots consist of small blocks.
// An empty block is used again in another slot.
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
	now   uint32 // the tick that Advance is handling, or has handled
	left  int    // number of items of the slot of now, from its beginning, that Advance has not examined yet
	count int

	free   paged[*block[T]] // empty blocks, to be used again
	excess int              // number of blocks in free that are to be given up
	unused int              // number of the other blocks in free that were not used since the beginning of the round
}

// slot is a list of items.
type slot[T any] struct {
	blocks paged[*block[T]] // all are full except the last one
	len    int
}

const blockLen = 32

type block[T any] [blockLen]T

func (s *slot[T]) at(i int) *T { return &(*s.blocks.at(i / blockLen))[i%blockLen] }

// New returns a wheel of n slots at tick now. entry returns the Entry inside an item. An item may be due more than n
// ticks ahead: each round skips it until it is due. So n affects speed, not correctness.
func New[T comparable](n int, now uint32, entry func(T) *Entry) *Wheel[T] {
	return &Wheel[T]{entry: entry, slots: make([]slot[T], max(n, 1)), now: now}
}

// Len returns the number of armed items.
func (w *Wheel[T]) Len() int { return w.count }

// Now returns the last tick that Advance has begun.
func (w *Wheel[T]) Now() uint32 { return w.now }

// Arm makes item due at tick due. If it was armed before, it is moved. If that tick has begun already, item is due at the
// next tick.
func (w *Wheel[T]) Arm(item T, due uint32) {
	w.Disarm(item)
	due = max(due, w.now+1)
	slot := w.slot(due)
	if slot.len == slot.blocks.len*blockLen {
		slot.blocks.push(w.newBlock())
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
		w.free.push(slot.blocks.pop())
	}
	*e = Entry{}
	w.count--
}

// MaxSteps bounds the work of one call of Advance. A step examines an item, leaves a slot or gives up a block of memory.
const MaxSteps = 1 << 10

// Advance moves the wheel towards tick now. It removes items that are due, appends them to fired and returns fired. It
// stops after MaxSteps steps, and when the capacity of fired is used up. done reports whether the wheel has reached now.
// If it has not, call Advance again. Items may be armed and disarmed in between.
func (w *Wheel[T]) Advance(now uint32, fired []T) (_ []T, done bool) {
	if now > w.now && now-w.now > uint32(len(w.slots)) { // after a long pause, one round visits every slot
		w.now, w.left = now-uint32(len(w.slots)), 0
	}
	for range MaxSteps {
		slot := w.slot(w.now)
		w.left = min(w.left, slot.len) // items were disarmed meanwhile
		switch {
		case w.left > 0 && len(fired) == cap(fired):
			return fired, false
		case w.left > 0:
			fired = w.examine(slot, fired)
		case w.excess > 0:
			w.free.pop()
			w.excess--
		case w.now >= now:
			return fired, true
		default:
			w.next()
		}
	}
	return fired, false
}

// examine examines the last item of the slot of now that was not examined yet. If the item is due, examine removes it from the
// wheel and appends it to fired. It goes from the end of the slot to its beginning. So no item is missed when Disarm fills a gap
// with the last item of the slot.
func (w *Wheel[T]) examine(slot *slot[T], fired []T) []T {
	w.left--
	item := *slot.at(w.left)
	if w.entry(item).due > w.now {
		return fired
	}
	w.Disarm(item)
	return append(fired, item)
}

// next begins the next tick. At the end of a round, it decides to give up the free blocks that were not needed for the
// whole round.
func (w *Wheel[T]) next() {
	w.now++
	w.left = w.slot(w.now).len
	if int(w.now)%len(w.slots) == 0 {
		w.excess, w.unused = w.unused, w.free.len-w.unused
	}
}

func (w *Wheel[T]) slot(tick uint32) *slot[T] { return &w.slots[int(tick)%len(w.slots)] }

func (w *Wheel[T]) newBlock() *block[T] {
	if w.free.len == 0 {
		return new(block[T])
	}
	b := w.free.pop()
	w.excess = min(w.excess, w.free.len)
	w.unused = min(w.unused, w.free.len-w.excess)
	return b
}
