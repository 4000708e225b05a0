package doctor

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"text/tabwriter"
)

// Print writes a line for each check, and one that says what the machine can hold.
func (r Report) Print(w io.Writer) error {
	var table strings.Builder
	columns := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintf(columns, "check\tfound\tverdict\tset to, for %d connections\n", r.Wanted)
	for _, c := range r.Checks {
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\n", c.Name, c.Found, r.verdict(c), c.remedy())
	}
	_ = columns.Flush() // to memory
	_, err := fmt.Fprintf(w, "%s\nthis machine can hold about %d connections, bounded by %s\n",
		padding.ReplaceAllString(table.String(), "\n"), r.Bound.Most, r.Bound.Name)
	return err
}

// padding is what a table has where a line's last columns are empty.
var padding = regexp.MustCompile(` +\n`)

// verdict is ok where there is enough, but the bound of the machine is always named.
func (r Report) verdict(c Check) string {
	switch {
	case c.Found == "":
		return "not known here"
	case !c.short() && c.Name != r.Bound.Name:
		return "ok"
	case c.Of == "":
		return fmt.Sprintf("bounds at %d", c.Most)
	}
	return fmt.Sprintf("bounds %s at %d", c.Of, c.Most)
}

// remedy is what to set where there is not enough.
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

// PrintSettings writes a line for each setting that has to be changed: kind, name,
// value now and value wanted, by tabs.
func (r Report) PrintSettings(w io.Writer) error {
	for _, s := range r.Settings() {
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Kind, s.Name, text(s.Now), text(s.Wanted)); err != nil {
			return err
		}
	}
	return nil
}
