package summary

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/cmd/plenum-bench/internal/units"
)

// text is what Write writes about a result for a person: the verdict, then one row per figure.
type text struct{ strings.Builder }

// Write writes the main figures of a result, and its failures, reasons and notes, for a person.
// verdict is nil if the result is sound.
func Write(w io.Writer, r *bench.Result, verdict error) error {
	var s text
	word, why := verdictText(verdict)
	fmt.Fprintf(&s, "%s: %s %s, %s s\n", word, r.Target, r.Scenario, seconds(r.Seconds))
	s.remarks("failure", r.Failures)
	if word == "FAILED" && len(r.Failures) == 0 {
		s.row("failure", "%s", why) // a condition of --fail-if
	}
	s.remarks("reason", r.Reasons)
	if held := r.HeldBackText(); held != "" {
		s.row("held back", "%s", held)
	}
	s.traffic(r)
	s.scenario(r)
	s.machines(r)
	s.remarks("note", r.Notes)
	_, err := io.WriteString(w, s.String())
	return err
}

// verdictText returns a verdict in one or two words, and its reason.
func verdictText(verdict error) (word, why string) {
	if verdict == nil {
		return "sound", ""
	}
	word, why, _ = strings.Cut(verdict.Error(), ": ")
	return word, why
}

// row adds a row. The first letter of its text stands in the same column in every row.
func (s *text) row(name, format string, args ...any) {
	const column = 15
	fmt.Fprintf(s, "  %s%s%s\n", name, strings.Repeat(" ", max(1, column-utf8.RuneCountInString(name))), fmt.Sprintf(format, args...))
}

func (s *text) remarks(name string, lines []string) {
	for _, line := range lines {
		s.row(name, "%s", line)
	}
}

// percentiles adds a row of latencies in columns. It adds none for nil.
func (s *text) percentiles(name string, p *latency.Percentiles) {
	if p == nil {
		return
	}
	var cells strings.Builder
	for _, c := range []struct {
		name string
		ms   float64
	}{{"p50", p.P50}, {"p90", p.P90}, {"p99", p.P99}, {"max", p.Max}} {
		fmt.Fprintf(&cells, "%s %s  ", c.name, padded(units.Millis(c.ms), 8))
	}
	s.row(name, "%s", strings.TrimRight(cells.String(), " "))
}

// padded returns text with spaces after it, in that many columns. It counts characters, because µ has two
// bytes.
func padded(text string, columns int) string {
	return text + strings.Repeat(" ", max(0, columns-utf8.RuneCountInString(text)))
}

// traffic adds the rows of a scenario with messages.
func (s *text) traffic(r *bench.Result) {
	if r.Connections > 0 {
		s.row("connections", "%s", units.Grouped(uint64(r.Connections)))
	}
	if r.Sent == 0 && r.Delivered == 0 {
		return
	}
	s.row("sent", "%s messages, %s per second", units.Grouped(r.Sent), units.Rounded(perSecond(float64(r.Sent), r.Seconds)))
	s.row("received", "%s deliveries, %s per second", units.Grouped(r.Delivered), units.Rounded(r.Rate))
	s.row("flaws", "%s lost, %s missing, %s duplicated, %s out of order", units.Grouped(r.Lost), units.Grouped(r.Missing), units.Grouped(r.Duplicated), units.Grouped(r.OutOfOrder))
	s.percentiles("delivery", r.Delivery)
	s.percentiles("completion", r.Completion)
}

func perSecond(n, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return n / seconds
}

// machines adds the use of the server, of the NATS server and of the generator.
func (s *text) machines(r *bench.Result) {
	if u := r.Server; u != nil {
		text := fmt.Sprintf("%.2f cores, %s of memory at most", u.Cores, units.Bytes(float64(u.RSSMax)))
		if r.Delivered > 0 {
			text = fmt.Sprintf("%.2f µs of CPU per delivery, %s", u.CPUPerDelivery, text)
		}
		if u.Writes > 0 {
			text += fmt.Sprintf(", %.3f writes per delivery", u.WritesPerDelivery)
		}
		s.row("server", "%s", text)
	}
	if b := r.Broker; b != nil {
		s.row("NATS server", "%.2f cores, %s of memory", b.Cores, units.Bytes(float64(b.RSS)))
	}
	if g := r.Generator; g != nil {
		s.row("generator", "%.2f cores, busiest loop %.0f %% of the time", g.Cores, 100*g.BusiestLoop)
		s.percentiles("send lag", g.LagMs)
	}
}

func seconds(s float64) string { return fmt.Sprintf("%.1f", s) }
