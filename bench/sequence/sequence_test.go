package sequence

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestASeqIsParsedFromTheEndOfThePayload(t *testing.T) {
	for payload, want := range map[string]uint64{
		`{"sender":"a","text":"b","room":"c","timestamp":1721433600000,"seq":42}`: 42,
		`{"text":",\"seq\":7}","seq":1}`:                                          1,
		`,"seq":9999999999999999999}`:                                             9999999999999999999,
		`,"seq":10000000000000000000}`:                                            0, // 20 digits
		`,"seq":0}`:                                                               0,
		`,"seq":}`:                                                                0,
		`,"seq":-1}`:                                                              0,
		`"seq":5}`:                                                                0,
		`{"type":"gap","room":"a","from":43,"to":97,"epoch":5}`: 0,
		`,"seq":5} `: 0,
		`5}`:         0,
		`}`:          0,
		``:           0,
	} {
		seq, ok := ParseSeq([]byte(payload))
		assert.Equal(t, want > 0, ok, payload)
		if ok {
			assert.Equal(t, want, seq, payload)
		}
	}
}

func TestEachDeviationFromRisingByOneIsCounted(t *testing.T) {
	for name, c := range map[string]struct {
		seen []uint64
		want Sequence
	}{
		"in order":         {[]uint64{5, 6, 7}, Sequence{First: 5, Last: 7, Received: 3}},
		"a gap of two":     {[]uint64{5, 8}, Sequence{First: 5, Last: 8, Received: 2, Lost: 2}},
		"a duplicate":      {[]uint64{5, 5}, Sequence{First: 5, Last: 5, Received: 2, Duplicated: 1}},
		"an old duplicate": {[]uint64{5, 6, 7, 5}, Sequence{First: 5, Last: 7, Received: 4, Duplicated: 1}},
		"two swapped":      {[]uint64{5, 7, 6, 8}, Sequence{First: 5, Last: 8, Received: 4, Lost: 1, OutOfOrder: 1}},
		"before first":     {[]uint64{5, 4}, Sequence{First: 5, Last: 5, Received: 2, OutOfOrder: 1}},
		"the end of 64":    {[]uint64{math.MaxUint64 - 1, math.MaxUint64}, Sequence{First: math.MaxUint64 - 1, Last: math.MaxUint64, Received: 2}},
	} {
		var s Sequence
		for _, seq := range c.seen {
			s.See(seq)
		}
		assert.Equal(t, c.want, s, name)
	}
}

func TestAMessageWithoutASeqIsAnError(t *testing.T) {
	var s Sequence
	s.Message([]byte(`{"type":"gap"}`))
	s.Message([]byte(`,"seq":3}`))
	assert.Equal(t, Sequence{First: 3, Last: 3, Received: 1, Unnumbered: 1}, s)
}

func TestASequenceIsCleanExactlyWhenItRisesByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seen := rapid.SliceOfN(rapid.Uint64Range(1, 6), 1, 8).Draw(t, "seen")
		var s Sequence
		ordered := true
		for i, seq := range seen {
			s.Message(fmt.Appendf(nil, `{"text":"x","seq":%d}`, seq))
			ordered = ordered && (i == 0 || seq == seen[i-1]+1)
		}
		var r Report
		r.Add(s)
		assert.Equal(t, ordered, r.Clean())
		assert.EqualValues(t, len(seen), s.Received)
	})
}

func TestReportsMergeToTheReportOfAll(t *testing.T) {
	members := []Sequence{
		{First: 1, Last: 9, Received: 9}, {First: 2, Last: 9, Received: 8, Lost: 1},
		{}, {First: 3, Last: 8, Received: 6, Duplicated: 2, OutOfOrder: 3, Unnumbered: 4},
	}
	want := Report{
		Members: 3, Silent: 1, MinFirst: 1, MaxFirst: 3, MinLast: 8, MaxLast: 9,
		Received: 23, Lost: 1, Duplicated: 2, OutOfOrder: 3, Unnumbered: 4,
	}
	for cut := range len(members) + 1 {
		var left, right Report
		for i, s := range members {
			if i < cut {
				left.Add(s)
				continue
			}
			right.Add(s)
		}
		left.Merge(right)
		assert.Equal(t, want, left)
		assert.False(t, left.Clean())
	}
}

// FuzzParseSeq compares ParseSeq with a regular expression.
func FuzzParseSeq(f *testing.F) {
	for _, payload := range []string{`{"text":"b","seq":42}`, `,"seq":9999999999999999999}`, `,"seq":01}`, `,"seq":0}`, `5}`} {
		f.Add([]byte(payload))
	}
	pattern := regexp.MustCompile(`(?s),"seq":([0-9]{1,19})\}$`)
	f.Fuzz(func(t *testing.T, payload []byte) {
		var want uint64
		if found := pattern.FindSubmatch(payload); found != nil {
			want, _ = strconv.ParseUint(string(found[1]), 10, 64)
		}
		seq, ok := ParseSeq(payload)
		assert.Equal(t, want > 0, ok)
		if ok {
			assert.Equal(t, want, seq)
		}
	})
}
