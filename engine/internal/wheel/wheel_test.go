package wheel

import (
	"flag"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

type item struct {
	id    int
	entry Entry
}

func entryOf(i *item) *Entry { return &i.entry }

// advance moves w to tick now and returns the items that have fired.
func advance(w *Wheel[*item], now uint32) (all []*item) {
	for {
		fired, done := w.Advance(now, make([]*item, 0, 10))
		all = append(all, fired...)
		if done {
			return all
		}
	}
}

func TestAnItemFiresOnceAtItsTick(t *testing.T) {
	w := New(8, 100, entryOf)
	a := &item{id: 1}
	w.Arm(a, 103)
	assert.Empty(t, advance(w, 102))
	assert.Equal(t, []*item{a}, advance(w, 103))
	assert.False(t, a.entry.Armed())
	assert.Empty(t, advance(w, 200))
}

func TestAnItemDueBeyondOneRoundFiresAtItsTick(t *testing.T) {
	w := New(4, 0, entryOf)
	a := &item{id: 1}
	w.Arm(a, 10)
	assert.Empty(t, advance(w, 9))
	assert.Equal(t, []*item{a}, advance(w, 10))
}

func TestAPastTickFiresAtTheNextTick(t *testing.T) {
	w := New(4, 50, entryOf)
	a := &item{id: 1}
	w.Arm(a, 7)
	assert.Equal(t, []*item{a}, advance(w, 51))
}

func TestLongPauseLosesNothing(t *testing.T) {
	w := New(4, 0, entryOf)
	a, b := &item{id: 1}, &item{id: 2}
	w.Arm(a, 2)
	w.Arm(b, 1_000_000)
	assert.Equal(t, []*item{a}, advance(w, 999_999))
	assert.Equal(t, []*item{b}, advance(w, 1_000_000))
}

func TestArmingAndDisarmingAllocatesNothing(t *testing.T) {
	w := New(64, 0, entryOf)
	items := make([]*item, 1000)
	for i := range items {
		items[i] = &item{id: i}
		w.Arm(items[i], uint32(1+i%60))
	}
	allocs := testing.AllocsPerRun(100, func() {
		for _, it := range items {
			due := it.entry.due
			w.Disarm(it)
			w.Arm(it, due)
		}
	})
	assert.Zero(t, allocs)
}

func TestMemoryIsGivenUpARoundAfterABurst(t *testing.T) {
	const slots = 8
	w := New(slots, 0, entryOf)
	items := make([]*item, 100*blockLen)
	for i := range items {
		items[i] = &item{id: i}
	}
	for round := range uint32(4) {
		for _, it := range items {
			w.Arm(it, (round+1)*slots+1)
		}
		assert.Len(t, advance(w, (round+1)*slots+1), len(items))
		assert.Equal(t, 100, w.free.len, "the blocks are used again")
	}
	advance(w, 5*slots)
	assert.Equal(t, 100, w.free.len, "they were needed in this round")
	advance(w, 6*slots)
	assert.Zero(t, w.free.len)
	for i := range w.slots {
		assert.Less(t, cap(w.slots[i].blocks.pages), 64)
	}
}

// The model is a map from items to due ticks, which is searched completely at each step.
func TestWheelAgreesWithAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var now uint32
		w := New(rapid.IntRange(1, 20).Draw(t, "slots"), 0, entryOf)
		items := make([]*item, 3*blockLen)
		for i := range items {
			items[i] = &item{id: i}
		}
		model := map[*item]uint32{}
		pick := rapid.IntRange(0, len(items)-1)
		t.Repeat(map[string]func(*rapid.T){
			"arm": func(t *rapid.T) {
				it := items[pick.Draw(t, "item")]
				due := now + uint32(rapid.IntRange(0, 60).Draw(t, "in"))
				w.Arm(it, due)
				model[it] = max(due, w.Now()+1)
			},
			"arm many": func(t *rapid.T) {
				due := now + uint32(rapid.IntRange(0, 60).Draw(t, "in"))
				for _, it := range items[pick.Draw(t, "first"):] {
					w.Arm(it, due)
					model[it] = max(due, w.Now()+1)
				}
			},
			"disarm": func(t *rapid.T) {
				it := items[pick.Draw(t, "item")]
				w.Disarm(it)
				delete(model, it)
			},
			"advance a little": func(t *rapid.T) {
				now += uint32(rapid.IntRange(0, 50).Draw(t, "ticks"))
				fired, _ := w.Advance(now, make([]*item, 0, rapid.IntRange(0, 5).Draw(t, "most")))
				for _, it := range fired {
					require.Contains(t, model, it)
					require.LessOrEqual(t, model[it], w.Now())
					delete(model, it)
				}
			},
			"advance": func(t *rapid.T) {
				now += uint32(rapid.IntRange(0, 50).Draw(t, "ticks"))
				var want []int
				for it, due := range model {
					if due <= now {
						want = append(want, it.id)
						delete(model, it)
					}
				}
				var got []int
				for _, it := range advance(w, now) {
					got = append(got, it.id)
				}
				slices.Sort(got)
				slices.Sort(want)
				require.Equal(t, want, got)
			},
			"": func(t *rapid.T) {
				require.Equal(t, len(model), w.Len())
				for _, it := range items {
					_, armed := model[it]
					require.Equal(t, armed, it.entry.Armed())
				}
			},
		})
	})
}

// The lock of a wheel is held during one call. So no call may do work that grows with the number of items.
func TestNoCallExaminesMoreThanSomeItems(t *testing.T) {
	const n = 80 * MaxSteps
	examined := 0
	w := New(4, 0, func(i *item) *Entry { examined++; return &i.entry })
	items := make([]*item, n)
	bounded := func(most int, call func()) {
		examined = 0
		call()
		require.LessOrEqual(t, examined, most)
	}
	for i := range items {
		items[i] = &item{id: i}
		bounded(4, func() { w.Arm(items[i], 4+uint32(i%2*8)) }) // half of the items are skipped for two rounds
	}
	all := func(now uint32) (fired, calls int) {
		for done := false; !done; calls++ {
			before := w.free.len
			bounded(4*MaxSteps, func() {
				var due []*item
				due, done = w.Advance(now, make([]*item, 0, n))
				fired += len(due)
			})
			require.GreaterOrEqual(t, w.free.len, before-MaxSteps)
		}
		return fired, calls
	}
	for _, step := range []struct {
		now   uint32
		fired int
		calls int // at least
	}{{4, n / 2, n / MaxSteps}, {8, 0, n / 2 / MaxSteps}, {12, n / 2, n / 2 / MaxSteps}} {
		fired, calls := all(step.now)
		require.Equal(t, step.fired, fired)
		require.GreaterOrEqual(t, calls, step.calls)
	}
	require.GreaterOrEqual(t, w.free.len, n/2/blockLen, "more than is given up in one call")
	all(16)
	all(20)
	require.Zero(t, w.free.len)
	for _, it := range items {
		bounded(4, func() { w.Arm(it, 25) })
	}
	for _, it := range items {
		bounded(4, func() { w.Disarm(it) })
	}
}

// processorTime returns the time for which the processor has run this thread. Unlike the time of day, it does not grow
// while other processes run.
func processorTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}

// The engine holds a lock during each call of a wheel, so the longest call is the longest hold.
var scaleMembers = flag.Int("members", 20_000, "number of items in the benchmark of the longest hold")

// BenchmarkLongestHold reports the longest call of each method with -members items, all of them in the same slot. Half of
// them are not due in the first round. The time is processor time. It contains interrupts and the first use of pages. The
// benchmark therefore also reports how many of the calls took more than a millisecond.
func BenchmarkLongestHold(b *testing.B) {
	n := *scaleMembers
	items := make([]item, n)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	best := time.Duration(math.MaxInt64)
	for b.Loop() {
		w := New(64, 0, entryOf)
		worst := map[string]time.Duration{}
		over := 0
		timed := func(what string, call func()) {
			began := processorTime()
			call()
			took := processorTime() - began
			worst[what] = max(worst[what], took)
			if took > time.Millisecond {
				over++
			}
		}
		for i := range items {
			it := &items[i*7919%n] // far from the one before, in memory
			it.entry = Entry{}
			timed("arm", func() { w.Arm(it, 64+uint32(i%2)*64) })
		}
		fired := make([]*item, 0, 64)
		for now := uint32(1); now < 256; now++ {
			for done := false; !done; {
				timed("advance", func() { _, done = w.Advance(now, fired) })
			}
			if now == 64 {
				for i := 1; i < n; i += 4 {
					timed("disarm", func() { w.Disarm(&items[i]) })
				}
			}
		}
		best = min(best, max(worst["arm"], worst["advance"], worst["disarm"]))
		b.ReportMetric(float64(over), "calls-over-1ms")
		for what, d := range worst {
			b.ReportMetric(float64(d.Microseconds()), what+"-max-us")
		}
	}
	b.ReportMetric(float64(best.Nanoseconds()), "ns/longest-hold") // of the best operation: the others have interrupts in them
}

func BenchmarkArm(b *testing.B) {
	w := New(64, 0, entryOf)
	items := make([]*item, 20000)
	for i := range items {
		items[i] = &item{id: i}
		w.Arm(items[i], uint32(1+i%60))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w.Arm(items[i%len(items)], uint32(1+i%60))
	}
}
