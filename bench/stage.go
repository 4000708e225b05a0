package bench

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"plenum/bench/load"
)

// Stage is a part of a load over time: the value rises or falls evenly to Target within Duration.
// It begins where the stage before it ends, or at 0. With a Duration of 0 it jumps. The text form
// is DURATION:TARGET, for example 30s:1000.
type Stage struct {
	Duration time.Duration
	Target   float64
}

// MarshalText implements encoding.TextMarshaler.
func (s Stage) MarshalText() ([]byte, error) {
	return []byte(s.Duration.String() + ":" + strconv.FormatFloat(s.Target, 'f', -1, 64)), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Stage) UnmarshalText(text []byte) error {
	length, target, _ := strings.Cut(string(text), ":")
	d, err := time.ParseDuration(length)
	n, errTarget := strconv.ParseFloat(target, 64)
	if err := cmp.Or(err, errTarget); err != nil {
		return fmt.Errorf("expected DURATION:NUMBER such as 30s:1000 but got %q", text)
	}
	if d < 0 || d > 0 && d < shortestStage || !(n >= 0) || math.IsInf(n, 1) {
		return fmt.Errorf("expected a duration of 0s, or of %v or more, and a number of 0 or more, but got %q", shortestStage, text)
	}
	*s = Stage{d, n}
	return nil
}

// Bounds of stages. Each stage with a length has a histogram per loop.
const (
	mostStages    = 100
	shortestStage = 10 * time.Millisecond
	longestStages = 24 * time.Hour
)

// stages are the stages of a run, one after the other.
type stages []Stage

// length returns the length of all stages together.
func (s stages) length() (d time.Duration) {
	for _, one := range s {
		d += one.Duration
	}
	return d
}

// ramps returns the stages that have a length, with times times their values.
func (s stages) ramps(times float64) (ramps []load.Ramp) {
	at := 0.0
	for _, one := range s {
		if one.Duration > 0 {
			ramps = append(ramps, load.Ramp{Length: one.Duration, From: at * times, To: one.Target * times})
		}
		at = one.Target
	}
	return ramps
}

// highest returns the highest value of any stage.
func (s stages) highest() (highest float64) {
	for _, r := range s.ramps(1) {
		highest = max(highest, r.From, r.To)
	}
	return highest
}

// check returns an error if the stages cannot be run. The text begins with the flag.
func (s stages) check() error {
	if len(s) == 0 {
		return nil
	}
	long := slices.ContainsFunc(s, func(one Stage) bool { return one.Duration > 0 })
	return broken(
		rule{"stage", len(s) <= mostStages, fmt.Sprintf("given at most %d times", mostStages), fmt.Sprintf("%d stages", len(s))},
		rule{"stage", s.length() <= longestStages, fmt.Sprintf("at most %v in all", longestStages), s.length()},
		rule{"stage", long, "longer than 0s at least once", "jumps only"},
		rule{"stage", s.highest() > 0, "more than 0 at least once, in a stage with a length", 0},
	)
}
