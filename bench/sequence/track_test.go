package sequence

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// follow returns the flaws of a member that was there from the start and received the numbers
// seen. fresh counts the numbers that were new.
func follow(seen []uint64) (f Flaws, fresh int) {
	var t Track
	for _, n := range seen {
		if t.First == 0 {
			t.FromFirst(n)
		}
		if t.Add(n) {
			fresh++
		}
	}
	return t.Tally(), fresh
}

func TestEachKindOfFlawIsCounted(t *testing.T) {
	for name, c := range map[string]struct {
		seen  []uint64
		want  Flaws
		fresh int
	}{
		"all in order":          {[]uint64{1, 2, 3, 4, 5}, Flaws{}, 5},
		"the first is missing":  {[]uint64{2, 3, 4, 5}, Flaws{Lost: 1}, 4},
		"one is missing":        {[]uint64{1, 2, 4, 5}, Flaws{Lost: 1}, 4},
		"nothing received":      {nil, Flaws{}, 0},
		"one twice in a row":    {[]uint64{1, 2, 2, 3, 4, 5}, Flaws{Duplicated: 1}, 5},
		"one again later":       {[]uint64{1, 2, 3, 4, 2, 5}, Flaws{Duplicated: 1}, 5},
		"two are swapped":       {[]uint64{1, 3, 2, 4, 5}, Flaws{OutOfOrder: 1}, 5},
		"the first is late":     {[]uint64{3, 2, 1, 4, 5}, Flaws{OutOfOrder: 2}, 5},
		"late, and twice":       {[]uint64{1, 3, 2, 2, 4, 5}, Flaws{OutOfOrder: 1, Duplicated: 1}, 5},
		"lost, and a duplicate": {[]uint64{1, 3, 3, 4, 5}, Flaws{Lost: 1, Duplicated: 1}, 4},
	} {
		got, fresh := follow(c.seen)
		assert.Equal(t, c.want, got, name)
		assert.Equal(t, c.fresh, fresh, name)
	}
}

func TestAMemberThatJoinedLaterHasLostNoEarlierMessages(t *testing.T) {
	var m Track
	assert.True(t, m.Add(40))
	assert.True(t, m.Add(41))
	assert.Equal(t, Flaws{}, m.Tally())
}

// The reference is slow and simple. A number that was received before is duplicated. A new one
// below the highest is out of order. Numbers below the highest that were never received are
// lost.
func TestATrackAgreesWithAListOfAllNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const sent = 12
		seen := rapid.SliceOf(rapid.Uint64Range(1, sent)).Draw(t, "seen")
		var want Flaws
		had, highest := map[uint64]bool{}, uint64(0)
		for _, n := range seen {
			switch {
			case had[n]:
				want.Duplicated++
			case n < highest:
				want.OutOfOrder++
			}
			had[n], highest = true, max(highest, n)
		}
		want.Lost = highest - uint64(len(had))
		got, fresh := follow(seen)
		assert.Equal(t, want, got)
		assert.Equal(t, len(had), fresh)
	})
}
