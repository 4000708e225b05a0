package compare

import (
	"fmt"
	"strings"
)

// Excluded counts runs that do not count, by the reason.
type Excluded struct {
	Invalid  int `json:"invalid,omitempty"`
	Cut      int `json:"cut,omitempty"`
	Rejected int `json:"rejected,omitempty"`  // by a suite
	OtherSet int `json:"other_set,omitempty"` // of a suite: with other programs or options, or on an emulated machine
}

// Total returns the number of runs.
func (e Excluded) Total() int { return e.Invalid + e.Cut + e.Rejected + e.OtherSet }

// Plus returns the sums of e and other.
func (e Excluded) Plus(other Excluded) Excluded {
	return Excluded{
		Invalid: e.Invalid + other.Invalid, Cut: e.Cut + other.Cut, Rejected: e.Rejected + other.Rejected, OtherSet: e.OtherSet + other.OtherSet,
	}
}

// String lists the reasons, each with its number of runs.
func (e Excluded) String() string {
	var parts []string
	for _, p := range []struct {
		n    int
		name string
	}{{e.Invalid, "INVALID"}, {e.Cut, "interrupted"}, {e.Rejected, "rejected by the suite"}, {e.OtherSet, "of another set"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.name))
		}
	}
	return strings.Join(parts, ", ")
}
