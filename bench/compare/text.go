package compare

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"plenum/bench/metric"
)

// WriteText writes the report for a person.
func (r *Report) WriteText(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "A: %s\nB: %s\n", r.A, r.B)
	for _, d := range r.Machines {
		fmt.Fprintf(&text, "Note: %v\n", d)
	}
	for _, line := range r.Different() {
		fmt.Fprintf(&text, "Note: %s\n", line)
	}
	for _, c := range r.Entries {
		c.writeText(&text)
	}
	writeNames(&text, "Only in A", r.OnlyA)
	writeNames(&text, "Only in B", r.OnlyB)
	fmt.Fprintf(&text, "\n%s\n", r.Summary())
	for _, line := range r.decided() {
		fmt.Fprintf(&text, "  %s\n", line)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func writeNames(w io.Writer, title string, names []string) {
	if len(names) > 0 {
		fmt.Fprintf(w, "\n%s: %s\n", title, strings.Join(names, ", "))
	}
}

// Summary returns the number of each verdict in one line.
func (r *Report) Summary() string {
	text := fmt.Sprintf("B, compared with A: %d worse, %d better, %d undecided", r.Worse, r.Better, r.Undecided)
	if r.Lacking > 0 {
		text += fmt.Sprintf(", %d of them for lack of runs", r.Lacking)
	}
	return text
}

// decided returns one line for each verdict that is worse, then one for each that is better, then one for
// each failed condition.
func (r *Report) decided() (lines []string) {
	for _, verdict := range []Verdict{Worse, Better} {
		for _, c := range r.Entries {
			lines = append(lines, c.decided(verdict)...)
		}
	}
	for _, text := range r.Failed() {
		lines = append(lines, "failed: "+text)
	}
	return lines
}

// Failed returns one line for each condition that failed: the entry, the server of B, and the figure or why there is none.
func (r *Report) Failed() (lines []string) {
	for _, c := range r.Entries {
		for _, text := range c.Broken {
			lines = append(lines, fmt.Sprintf("%s %s, %s", c.Entry, c.B.Server, text))
		}
	}
	return append(lines, r.failed...)
}

func (c *Comparison) decided(verdict Verdict) (lines []string) {
	add := func(format string, args ...any) {
		lines = append(lines, fmt.Sprintf("%s: %s %s, ", verdict, c.Entry, c.B.Server)+fmt.Sprintf(format, args...))
	}
	for _, o := range c.Outcomes {
		if o.Verdict == verdict {
			add("%d runs of A and %d of B %s", o.A, o.B, o.Name)
		}
	}
	for _, row := range c.Rows {
		if row.Verdict == verdict {
			add("%s %s → %s", row.Name, row.Metric.Text(row.A.Median), row.Metric.Text(row.B.Median))
		}
	}
	return lines
}

func (c *Comparison) writeText(w io.Writer) {
	fmt.Fprintf(w, "\n%s\n", c.Title())
	for _, line := range c.Notes() {
		fmt.Fprintf(w, "  %s\n", line)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  metric\tA\tB\tB/A\t95 %\tp\tnoise\tverdict")
	for _, row := range c.Rows {
		fmt.Fprintf(table, "  %s\n", strings.Join(row.Cells(), "\t"))
	}
	table.Flush()
}

// Title returns the entry with its servers and the numbers of their sound runs.
func (c *Comparison) Title() string {
	if c.A.Server == c.B.Server {
		return fmt.Sprintf("%s, %s: %d and %d sound runs", c.Entry, c.A.Server, c.A.Sound, c.B.Sound)
	}
	return fmt.Sprintf("%s, %s (A) and %s (B): %d and %d sound runs", c.Entry, c.A.Server, c.B.Server, c.A.Sound, c.B.Sound)
}

// Notes returns the outcomes, the failed conditions and the runs that do not count, one line each.
func (c *Comparison) Notes() (lines []string) {
	for _, o := range c.Outcomes {
		line := fmt.Sprintf("%s: %d runs of A and %d of B: %s", o.Name, o.A, o.B, o.Verdict)
		if o.Why != "" {
			line += ", " + o.Why
		}
		lines = append(lines, line)
	}
	return slices.Concat(lines, c.Broken, unused("A", c.Pair.A), unused("B", c.Pair.B))
}

// unused returns a line about the runs that do not count, with one reason, if there are any.
func unused(side string, g *Group) []string {
	if g.Excluded.Total() == 0 {
		return nil
	}
	line := fmt.Sprintf("not used of %s: %v", side, g.Excluded)
	if why := g.WhyUnused(); len(why) > 0 {
		line += ", for example: " + why[0]
	}
	return []string{line}
}

// Cells returns the columns of the row: the metric, A, B, the ratio, its interval, p, the noise floor
// and the verdict.
func (r Row) Cells() []string {
	ratio, within, p := "–", "–", "–"
	if r.Ratio != nil {
		ratio = metric.Number(*r.Ratio)
		within = metric.Number(r.Interval[0]) + "–" + metric.Number(r.Interval[1])
	}
	if r.P != nil {
		p = fmt.Sprintf("%.3f", *r.P)
	}
	verdict := string(r.Verdict)
	if r.Why != "" {
		verdict += ": " + r.Why
	}
	return []string{r.Metric.Title(), r.A.String(), r.B.String(), ratio, within, p, fmt.Sprintf("%.1f %%", 100*r.Noise), verdict}
}
