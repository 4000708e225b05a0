package sorted

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func newSet() Set[string] { return New(func(s string) string { return s }) }

func TestASetEqualsASortedMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, model := newSet(), map[string]bool{}
		name := func() string { return fmt.Sprint(rapid.IntRange(0, 600).Draw(t, "name")) }
		t.Repeat(map[string]func(*rapid.T){
			"insert a run": func(t *rapid.T) {
				for _, n := range rapid.Permutation(numbers(rapid.IntRange(0, 600).Draw(t, "from"), 100)).Draw(t, "run") {
					if !model[n] {
						s.Insert(n)
						model[n] = true
					}
				}
			},
			"delete a run": func(t *rapid.T) {
				for _, n := range numbers(rapid.IntRange(0, 700).Draw(t, "from"), 100) {
					s.Delete(n)
					delete(model, n)
				}
			},
			"insert": func(t *rapid.T) {
				if n := name(); !model[n] {
					s.Insert(n)
					model[n] = true
				}
			},
			"delete": func(t *rapid.T) {
				n := name()
				s.Delete(n)
				delete(model, n)
			},
			"read": func(t *rapid.T) {
				after := name()
				var want []string
				for _, n := range slices.Sorted(maps.Keys(model)) {
					if n > after {
						want = append(want, n)
					}
				}
				assert.Equal(t, want, slices.Collect(s.After(after)))
			},
			"": func(t *rapid.T) {
				assert.Equal(t, slices.Sorted(maps.Keys(model)), s.AppendTo(nil))
				for i, b := range s.blocks {
					assert.NotEmpty(t, b.values)
					assert.Less(t, len(b.values), blockSize)
					assert.LessOrEqual(t, cap(b.values)-len(b.values), 2*growth)
					assert.True(t, i == 0 || len(s.blocks[i-1].values)+len(b.values) > blockSize/2)
				}
			},
		})
	})
}

func numbers(from, count int) (all []string) {
	for i := range count {
		all = append(all, fmt.Sprint(from+i))
	}
	return all
}

func TestAReadOfASetStopsWhenItsReaderStops(t *testing.T) {
	s := newSet()
	for _, n := range numbers(100, 500) {
		s.Insert(n)
	}
	var read []string
	for n := range s.After("249") {
		if read = append(read, n); len(read) == 3 {
			break
		}
	}
	assert.Equal(t, []string{"250", "251", "252"}, read)
}

func TestAReadOfALargeSetLooksAtFewNames(t *testing.T) {
	looked := 0
	s := New(func(s string) string { looked++; return s })
	for _, n := range numbers(100_000, 50_000) {
		s.Insert(n)
	}
	looked = 0
	for n := range s.After("123456") {
		assert.Equal(t, "123457", n)
		break
	}
	assert.Less(t, looked, 10)
}
