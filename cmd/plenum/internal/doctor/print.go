package doctor

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"text/tabwriter"
)

// Print writes one line per check, and a last line with the number of connections that the machine can hold.
func (r Report) Print(w io.Writer) error {
	var table strings.Builder
	columns := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintf(columns, "check\tfound\tverdict\tto set for %d connections\n", r.Wanted)
	for _, c := range r.Checks {
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\n", c.Name, c.Found, r.verdict(c), c.remedy())
	}
	_ = columns.Flush() // to memory
	_, err := fmt.Fprintf(w, "%s\n%s\n", padding.ReplaceAllString(table.String(), "\n"), r.conclusion())
	return err
}

// conclusion returns the last line of Print.
func (r Report) conclusion() string {
	if r.Limit.Most == math.MaxInt {
		return "none of the values that could be read limits the number of connections"
	}
	return fmt.Sprintf("this machine can hold about %d connections, limited by %s", r.Limit.Most, r.Limit.Name)
}

// padding matches the blanks at the end of a line whose last columns are empty.
var padding = regexp.MustCompile(` +\n`)

// verdict returns "ok" if the resource suffices. The limit of the machine is always shown as a number.
func (r Report) verdict(c Check) string {
	switch {
	case c.Found == "":
		return "unknown"
	case !c.short() && (c.Name != r.Limit.Name || c.Most == math.MaxInt):
		return "ok"
	case c.Of == "":
		return fmt.Sprintf("at most %d", c.Most)
	}
	return fmt.Sprintf("at most %d %s", c.Most, c.Of)
}

// remedy returns the value to set, or other advice, if the resource does not suffice.
func (c Check) remedy() string {
	switch {
	case !c.short():
		return ""
	case c.Set == nil:
		return c.Advice
	case c.Set.Name == c.Name:
		return text(c.Set.Wanted)
	}
	return c.Set.Name + "=" + text(c.Set.Wanted)
}

// PrintSettings writes one line per setting to change: kind, name, current value and wanted value, separated by tabs.
func (r Report) PrintSettings(w io.Writer) error {
	for _, s := range r.Settings() {
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Kind, s.Name, text(s.Now), text(s.Wanted)); err != nil {
			return err
		}
	}
	return nil
}
