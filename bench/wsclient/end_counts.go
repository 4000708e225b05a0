package wsclient

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// EndCounts has the number of connections by End.String.
type EndCounts map[string]uint64

// maxEnds bounds the kinds of ends that EndCounts tells apart, because the server chooses the reason of a close.
const maxEnds = 8

// otherEnds is the key of the kinds beyond maxEnds.
const otherEnds = "ended in other ways"

// Merge adds other to c, the most frequent kinds first.
func (c *EndCounts) Merge(other EndCounts) {
	for _, how := range other.kinds() {
		c.add(how, other[how])
	}
}

func (c *EndCounts) add(how string, n uint64) {
	if *c == nil {
		*c = EndCounts{}
	}
	if _, known := (*c)[how]; !known && len(*c) >= maxEnds {
		how = otherEnds // one kind more
	}
	(*c)[how] += n
}

// String lists the kinds with their counts, the most frequent first: "998 reset, 2 closed with 1001".
func (c EndCounts) String() string {
	kinds := c.kinds()
	for i, how := range kinds {
		kinds[i] = fmt.Sprintf("%d %s", c[how], how)
	}
	return strings.Join(kinds, ", ")
}

// kinds returns the kinds, the most frequent first, and the other ends last.
func (c EndCounts) kinds() []string {
	count := func(how string) uint64 {
		if how == otherEnds {
			return 0
		}
		return c[how]
	}
	return slices.SortedFunc(maps.Keys(c), func(a, b string) int {
		return cmp.Or(cmp.Compare(count(b), count(a)), cmp.Compare(a, b))
	})
}
