package suite

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Planned is the plan of one entry in a suite.
type Planned struct {
	Entry   Entry
	Names   []string // of the servers, if Entry.Servers is set
	Servers int
	Repeats int
	Runs    int
	Time    time.Duration
}

// Plan returns the number of runs of each entry and estimates their time, by Entry.Takes. repeats is the suite's own number of
// repeats, or 0. The plan includes neither the build of the peers nor the repetition of rejected runs. It includes runs that
// are already in the files.
func Plan(entries []Entry, targets []Target, repeats int) (plan []Planned) {
	for _, e := range entries {
		one := Planned{Entry: e, Repeats: e.repeats(repeats)}
		for _, t := range targets {
			if !t.supports(e) {
				continue
			}
			one.Servers++
			if e.Servers != nil {
				one.Names = append(one.Names, t.Name)
			}
		}
		one.Runs = one.Servers * one.Repeats
		one.Time = time.Duration(one.Runs) * e.takes()
		plan = append(plan, one)
	}
	return plan
}

// WritePlan writes a plan as a table, with the sum of all entries.
func WritePlan(w io.Writer, plan []Planned) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "servers\trepeats\truns\ttime\t  entry")
	runs, sum := 0, time.Duration(0)
	for _, p := range plan {
		text := p.Entry.ID
		if p.Entry.Why != "" {
			text += ": " + p.Entry.Why
		}
		if p.Names != nil {
			text += " (" + strings.Join(p.Names, ", ") + ")"
		}
		fmt.Fprintf(table, "%d\t%d\t%d\t%s\t  %s\n", p.Servers, p.Repeats, p.Runs, about(p.Time), text)
		runs, sum = runs+p.Runs, sum+p.Time
	}
	fmt.Fprintf(table, "\t\t%d\t%s\t  all, and more if peers have to be built or runs repeated\n", runs, about(sum))
	return table.Flush()
}

// about formats a time as whole seconds, whole minutes, or hours with one decimal.
func about(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}
