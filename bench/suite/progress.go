package suite

import (
	"fmt"
	"strings"
	"time"

	"plenum/bench"
)

func (j job) String() string {
	return fmt.Sprintf("%s %s, repeat %d", j.entry.ID, j.target.Name, j.repeat)
}

// runSummary returns one line about a result. why is the reason for a rejection, or empty.
func runSummary(r *bench.Result, why string) string {
	text := Figures(r)
	if r.Failed() {
		text = "FAILED: " + strings.Join(r.Failures, ", ") + "; " + text
	}
	if why != "" {
		text = "rejected: " + why + "; " + text
	}
	return text
}

// Figures returns the main figures of a result in a few words.
func Figures(r *bench.Result) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if r.Sent > 0 {
		add("%d connections, %d sent, %d delivered (%.0f/s)", r.Connections, r.Sent, r.Delivered, r.Rate)
	}
	if held := r.HeldBackText(); held != "" {
		add("held back: %s", held)
	}
	if r.Delivery != nil && r.Completion != nil {
		add("delivery p50 %.2f p99 %.2f max %.2f ms", r.Delivery.P50, r.Delivery.P99, r.Delivery.Max)
		add("completion p99 %.2f ms", r.Completion.P99)
	}
	if r.Server != nil && r.Delivered > 0 {
		add("server CPU %.2f µs per delivery", r.Server.CPUPerDelivery)
		if r.Server.Writes > 0 {
			add("%.3f writes per delivery", r.Server.WritesPerDelivery)
		}
	}
	if f := r.Saturate; f != nil {
		add("%s", f.Text())
	}
	if f := r.Slow; f != nil {
		add("%d of %d slow members closed, server memory %+.1f MB", f.Ended, f.Members, float64(f.RSSGrowth)/1e6)
	}
	if f := r.Idle; f != nil && len(f.Steps) > 0 {
		last := f.Steps[len(f.Steps)-1]
		add("%d connections, %.0f bytes per connection (slope %.0f), server CPU %.1f µs per ping", last.Connections, last.BytesPerConnection, f.Slope, last.CPUPerPing)
	}
	if f := r.Connect; f != nil && f.Storm != nil {
		add("storm %.0f upgrades/s, server CPU %.0f µs per upgrade", f.Storm.PerSecond, f.Storm.CPUPerUpgrade)
		if f.Steady != nil && f.Steady.Ms != nil {
			add("steady %.0f upgrades/s, p99 %.2f ms", f.Steady.PerSecond, f.Steady.Ms.P99)
		}
	}
	if f := r.Presence; f != nil && f.JoinMs != nil {
		add("%d users joined in %.2f s, p50 %.2f p99 %.2f max %.2f ms; lists of %.0f bytes; server CPU %.0f µs per join", f.Joined, f.Seconds, f.JoinMs.P50, f.JoinMs.P99, f.JoinMs.Max, f.ListBytes, f.CPUPerJoin)
		add("the first %d received %.1f frames and %.0f bytes each, the others %.1f and %.0f", f.First.Members, f.First.Frames, f.First.Bytes, f.Later.Frames, f.Later.Bytes)
	}
	return strings.Join(parts, "; ")
}

// pace has the time that the attempts of runs took in this suite, by entry. The start and the stop of the server are included.
type pace map[string]runTime

// runTime is the time that a number of attempts took together.
type runTime struct {
	runs int
	time time.Duration
}

func (p pace) note(j job, d time.Duration) {
	seen := p[j.entry.ID]
	p[j.entry.ID] = runTime{seen.runs + 1, seen.time + d}
}

// of returns the mean time of an entry's attempts, or Entry.takes if it has none yet.
func (p pace) of(e Entry) time.Duration {
	if seen := p[e.ID]; seen.runs > 0 {
		return seen.time / time.Duration(seen.runs)
	}
	return e.takes()
}

// left returns how many of the jobs are still to be run, and estimates their time.
func (s *session) left(jobs []job) (runs int, sum time.Duration) {
	for _, j := range jobs {
		if !s.counted(j) && !j.redundant(s.failed) {
			runs, sum = runs+1, sum+s.pace.of(j.entry)
		}
	}
	return runs, sum
}

// timeLeft estimates the time that the remaining jobs take.
func (s *session) timeLeft(rest []job) string {
	_, sum := s.left(rest)
	return fmt.Sprintf("about %v left", sum.Round(time.Second))
}
