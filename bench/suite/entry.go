package suite

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Entry is a scenario with its flags. Its results are in one file.
type Entry struct {
	ID         string
	Scenario   string
	Flags      []string
	Duration   time.Duration // time to measure; 0: the stages in Flags say it
	Fixed      bool          // the results depend on Duration, so it must not be changed
	Echo       bool          // uses the echo route
	Topics     bool          // uses the route for connections in many rooms
	Variants   bool          // also measured with TLS and with compression
	PlenumOnly bool          // not measured on peers
	LadderRate int           // messages per second, if the entry belongs to a ladder; 0: no ladder
	Nodes      []int         // numbers of nodes to measure, 0 for the single server; nil: any target

	Servers []string      // names of the targets to measure; nil: all
	Untuned bool          // not measured on tuned peers
	Tuned   []string      // names of the tuned peers that are measured in spite of Untuned
	Why     string        // why these servers and this number of repeats
	Repeats int           // number of repeats, unless the suite has one of its own; 0: defaultRepeats
	Once    bool          // one repeat, after all other entries; a rejected run is not repeated
	Takes   time.Duration // estimated time of a run, with start and stop of the server; 0: Duration+usualRest, which is too short with stages
}

// defaultRepeats is the number of repeats of an entry that names no other number.
const defaultRepeats = 5

// usualRest is the time that a run takes in addition to Duration, if Takes is not set.
const usualRest = 5 * time.Second

// repeats returns the number of repeats. asked is the suite's own number, or 0.
func (e Entry) repeats(asked int) int {
	if e.Once {
		return 1
	}
	return cmp.Or(asked, e.Repeats, defaultRepeats)
}

// takes estimates how long a run takes.
func (e Entry) takes() time.Duration { return cmp.Or(e.Takes, e.Duration+usualRest) }

// ChooseEntries returns the entries of the published set with these IDs, in the order of the set. Without
// IDs it returns all. An unknown ID is an error.
func ChooseEntries(ids []string) ([]Entry, error) {
	return choose(Published(), ids, func(e Entry) string { return e.ID })
}

// choose returns the elements of all whose names are wanted, or all if wanted is empty. An
// unknown name is an error.
func choose[T any](all []T, wanted []string, name func(T) string) ([]T, error) {
	for _, w := range wanted {
		if !has(all, w, name) {
			return nil, fmt.Errorf("unknown name %q; --list prints the names", w)
		}
	}
	var chosen []T
	for _, one := range all {
		if len(wanted) == 0 || slices.Contains(wanted, name(one)) {
			chosen = append(chosen, one)
		}
	}
	return chosen, nil
}

// has reports whether an element of all has the wanted name.
func has[T any](all []T, wanted string, name func(T) string) bool {
	return slices.ContainsFunc(all, func(one T) bool { return name(one) == wanted })
}

// Lasting returns e with d as the time to measure, unless e is Fixed or has stages.
func (e Entry) Lasting(d time.Duration) Entry {
	if !e.Fixed && e.Duration > 0 {
		e.Takes = max(d, e.takes()+d-e.Duration)
		e.Duration = d
	}
	return e
}

// args returns the arguments of plenum-bench run.
func (e Entry) args() []string {
	args := append([]string{e.Scenario}, e.Flags...)
	if e.Duration == 0 {
		return args
	}
	return append(args, "--duration", e.Duration.String())
}

// Command returns the command line that runs e against a server that listens already.
func (e Entry) Command() string { return "plenum-bench run " + strings.Join(e.args(), " ") }
