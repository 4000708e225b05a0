package wheel

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

type item struct {
	id    int
	entry Entry
}

func entryOf(i *item) *Entry { return &i.entry }

func TestAnItemFiresOnceAtItsTick(t *testing.T) {
	w := New(8, 100, entryOf)
	a := &item{id: 1}
	w.Arm(a, 103)
	assert.Empty(t, w.Advance(102, nil))
	assert.Equal(t, []*item{a}, w.Advance(103, nil))
	assert.False(t, a.entry.Armed())
	assert.Empty(t, w.Advance(200, nil))
}

func TestAnItemDueBeyondOneRoundFiresAtItsTick(t *testing.T) {
	w := New(4, 0, entryOf)
	a := &item{id: 1}
	w.Arm(a, 10)
	assert.Empty(t, w.Advance(9, nil))
	assert.Equal(t, []*item{a}, w.Advance(10, nil))
}

func TestAPastTickFiresAtTheNextTick(t *testing.T) {
	w := New(4, 50, entryOf)
	a := &item{id: 1}
	w.Arm(a, 7)
	assert.Equal(t, []*item{a}, w.Advance(51, nil))
}

func TestLongPauseLosesNothing(t *testing.T) {
	w := New(4, 0, entryOf)
	a, b := &item{id: 1}, &item{id: 2}
	w.Arm(a, 2)
	w.Arm(b, 1_000_000)
	assert.Equal(t, []*item{a}, w.Advance(999_999, nil))
	assert.Equal(t, []*item{b}, w.Advance(1_000_000, nil))
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
		assert.Len(t, w.Advance((round+1)*slots+1, nil), len(items))
		assert.Len(t, w.free, 100, "the blocks are used again")
	}
	w.Advance(5*slots, nil)
	assert.Len(t, w.free, 100, "they were needed in this round")
	w.Advance(6*slots, nil)
	assert.Empty(t, w.free)
	for i := range w.slots {
		assert.Less(t, cap(w.slots[i].blocks), 64)
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
				model[it] = max(due, now+1)
			},
			"arm many": func(t *rapid.T) {
				due := now + uint32(rapid.IntRange(0, 60).Draw(t, "in"))
				for _, it := range items[pick.Draw(t, "first"):] {
					w.Arm(it, due)
					model[it] = max(due, now+1)
				}
			},
			"disarm": func(t *rapid.T) {
				it := items[pick.Draw(t, "item")]
				w.Disarm(it)
				delete(model, it)
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
				for _, it := range w.Advance(now, nil) {
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
