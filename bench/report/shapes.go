package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

const shapesText = `Some orders depend on the client. Its default is one epoll loop per core, so both cores are busy with the client and the server
alike. A client of one loop ("--loops 1") leaves a core to the server. The scenarios of the table of all servers are measured with
both. A result that holds with one of them only is no result of the server alone, so it is named here. In the table of all servers, a †
marks a server that is the best with the default client only. Compared are the servers that were measured with both.`

// twice reports whether an entry was measured with both client shapes.
func twice(d *results.Data, entry string) bool {
	return len(d.WithOneLoop().Measured(entry)) > 0
}

// marked returns the text of a server's cell in a column, with its marks. It is bold if no server is ahead with the default client.
// A † says that another one is ahead with a client of one loop, among the servers that were measured with both.
func marked(d *results.Data, c column, name, text string) string {
	if !slices.Contains(d.Best(c.entry, c.figure), name) {
		return text
	}
	text = "**" + text + "**"
	if _, one := bests(d, c); len(one) > 0 && d.At(c.entry+results.OneLoop, name).Count() > 0 && !slices.Contains(one, name) {
		text += " †"
	}
	return text
}

// bests returns the best servers of a column with the default client and with a client of one loop,
// among those that were measured with both.
func bests(d *results.Data, c column) (first, second []string) {
	one := d.WithOneLoop()
	both := func(of *results.Data) []string {
		return slices.DeleteFunc(of.Sound(c.entry, c.figure), func(name string) bool {
			return d.At(c.entry, name).Count() == 0 || one.At(c.entry, name).Count() == 0
		})
	}
	return d.BestOf(both(d), c.entry, c.figure), one.BestOf(both(one), c.entry, c.figure)
}

// shapesNote says with which client shapes the columns were measured, and in how many columns the best
// is not the same with both. report is the path of the report, which has the details.
func shapesNote(d *results.Data, report string) string {
	var once []string
	differ := 0
	for _, c := range serverColumns {
		first, second := bests(d, c)
		switch {
		case !twice(d, c.entry):
			once = append(once, c.entry)
		case !sameNames(first, second):
			differ++
		}
	}
	if len(once) == len(serverColumns) {
		return "All columns were measured with the default client only. It reads on every core, next to the server. With a client that reads on one core, an order may differ."
	}
	text := "The figures are from the default client, which reads on every core. A client that reads on one core was used too"
	if differ > 0 {
		text += fmt.Sprintf(": in %d of %d columns the best is not the same with both. †: another server is better with that client, by more than the noise", differ, len(serverColumns))
	}
	text += fmt.Sprintf(" ([details](%s#two-client-shapes)).", report)
	if len(once) > 0 {
		text += " Measured with the default client only: " + strings.Join(once, ", ") + "."
	}
	return text
}

func sameNames(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// shapesPart compares both client shapes; empty if only one was measured.
func shapesPart(d *results.Data) string {
	t := markdown.Table{{"figure", "entry", "best with the default client", "best with a client of one loop", "the same with both"}}
	for _, c := range serverColumns {
		if !twice(d, c.entry) {
			continue
		}
		first, second := bests(d, c)
		both := slices.DeleteFunc(slices.Clone(first), func(name string) bool { return !slices.Contains(second, name) })
		t = append(t, []string{c.title, c.entry, bestText(d, c, first), bestText(d.WithOneLoop(), c, second), cmp.Or(strings.Join(both, ", "), "none")})
	}
	if len(t) == 1 {
		return ""
	}
	return markdown.Paragraphs(t.Words(), oneShapeClaims(d))
}

// bestText names servers with their medians in a column.
func bestText(d *results.Data, c column, names []string) string {
	var list []string
	for _, name := range names {
		list = append(list, name+" "+metric.Number(d.Median(c.entry, c.figure, name)))
	}
	return strings.Join(list, ", ")
}
