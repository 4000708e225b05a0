package summary

import (
	"fmt"
	"strings"
	"time"

	"plenum/bench"
	"plenum/cmd/plenum-bench/internal/units"
)

// scenario adds the rows that only some scenarios have.
func (s *text) scenario(r *bench.Result) {
	if f := r.Churn; f != nil {
		s.row("members", "%s joined, %s left, %s joins refused", units.Grouped(f.Joined), units.Grouped(f.Left), units.Grouped(f.NotJoined))
		s.percentiles("join", f.JoinMs)
	}
	if f := r.Slow; f != nil && f.Members > 0 {
		s.row("slow members", "%d stopped reading, the server closed %s", f.Members, units.Counted(f.Ended, "connection"))
		s.row("server memory", "%+.1f MB at most since the first message", float64(f.RSSGrowth)/1e6)
	}
	s.series(r.Series)
	if f := r.Saturate; f != nil {
		s.saturate(f)
	}
	if f := r.Idle; f != nil {
		s.idle(f)
	}
	if f := r.Connect; f != nil {
		s.upgrades("storm", f.Storm)
		s.upgrades("steady", f.Steady)
	}
	if f := r.Presence; f != nil {
		s.presence(f)
	}
	s.stages(r.Stages)
}

// series adds at most six rows, evenly spread, and the last one is the last of the series.
func (s *text) series(rows []bench.SeriesRow) {
	each := max(1, (len(rows)+5)/6)
	for i, row := range rows {
		if (len(rows)-1-i)%each > 0 {
			continue
		}
		text := units.Bytes(float64(row.RSS)) + " of memory"
		if row.Delivery != nil {
			text += ", p99 " + units.Millis(row.Delivery.P99)
		}
		s.row("after "+time.Duration(row.End*float64(time.Second)).String(), "%s", text)
	}
}

func (s *text) saturate(f *bench.SaturateFigures) {
	soFar := ""
	if f.LimitedBy == "interrupted" {
		soFar = " so far"
	}
	s.row("sustained", "%s messages per second in each room, %s deliveries per second%s", units.Rounded(f.Rate), units.Rounded(f.Deliveries), soFar)
	s.row("limited by", "%s", limit(f.LimitedBy))
	for _, step := range f.Steps {
		text := "sustained, p99 " + units.Millis(step.P99)
		if !step.Sustained {
			text = "not sustained: " + strings.Join(step.Why, "; ")
		}
		s.row("at "+units.Rounded(step.Rate)+"/s", "%s", text)
	}
}

// limit describes the reason why the search ended. by is SaturateFigures.LimitedBy.
func limit(by string) string {
	switch by {
	case "most":
		return "--most: no higher rate was tried"
	case "interrupted":
		return "the interruption: the server may sustain more"
	}
	return "the " + by
}

func (s *text) idle(f *bench.IdleFigures) {
	for _, step := range f.Steps {
		text := fmt.Sprintf("%s of memory, %s bytes per connection", units.Bytes(float64(step.RSS)), units.Rounded(step.BytesPerConnection))
		if step.Pings > 0 {
			text += fmt.Sprintf(", %.1f µs of CPU per ping", step.CPUPerPing)
		}
		s.row("at "+units.Grouped(uint64(step.Connections)), "%s", text)
	}
	if len(f.Steps) > 1 {
		s.row("slope", "%s bytes per connection, by the line through all steps", units.Rounded(f.Slope))
	}
}

func (s *text) upgrades(name string, u *bench.Upgrades) {
	if u == nil {
		return
	}
	text := fmt.Sprintf("%s upgrades, %s per second", units.Grouped(u.Done), units.Rounded(u.PerSecond))
	if u.Failed > 0 {
		text += ", " + units.Grouped(u.Failed) + " failed"
	}
	if u.Late > 0 {
		text += ", " + units.Grouped(u.Late) + " late"
	}
	s.row(name, "%s", text)
	s.percentiles("", u.Ms)
	s.row("", "server %.2f cores, %.0f µs of CPU per upgrade; generator %.2f cores", u.Server, u.CPUPerUpgrade, u.Generator)
}

func (s *text) presence(f *bench.PresenceFigures) {
	s.row("joined", "%s users in %s s", units.Grouped(f.Joined), seconds(f.Seconds))
	s.percentiles("join", f.JoinMs)
	s.row("list", "%s on average, %s at most", units.Bytes(f.ListBytes), units.Bytes(float64(f.ListBytesMax)))
	for _, g := range []struct {
		name string
		bench.Received
	}{{"first users", f.First}, {"later users", f.Later}} {
		if g.Members > 0 {
			s.row(g.name, "%s received %.1f messages and %s each", units.Grouped(uint64(g.Members)), g.Frames, units.Bytes(g.Bytes))
		}
	}
	if f.CPUPerJoin > 0 {
		s.row("server CPU", "%.0f µs per join", f.CPUPerJoin)
	}
}
