package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

const shapesText = `Some orders depend on the client. Its default is one epoll loop per core, so both cores are busy with the client and the server
alike. A client of one loop ("--loops 1") leaves a core to the server. The scenarios of the table of all servers are measured with
both. A result that holds with one of them only is no result of the server alone, so it is named here and marked nowhere. Compared are the servers that were measured with both.`

// twice reports whether an entry was measured with both client shapes.
func (d *data) twice(entry string) bool {
	return len(d.withOneLoop().best(entry, d.firstFigure(entry))) > 0
}

// firstFigure returns the figure by which the table of all servers compares an entry.
func (d *data) firstFigure(entry string) figure {
	i := slices.IndexFunc(serverColumns, func(c column) bool { return c.entry == entry })
	return serverColumns[i].figure
}

// marked returns the best servers of a column. One that was measured with both client shapes has to be
// the best with both, among the servers that were.
func (d *data) marked(c column) []string {
	names := d.best(c.entry, c.figure)
	if !d.twice(c.entry) {
		return names
	}
	_, one := d.bests(c)
	return slices.DeleteFunc(names, func(name string) bool {
		return d.at(c.entry+oneLoop, name).count() > 0 && !slices.Contains(one, name)
	})
}

// bests returns the best servers of a column with the default client and with a client of one loop,
// among those that were measured with both.
func (d *data) bests(c column) (first, second []string) {
	one := d.withOneLoop()
	both := func(of *data) []string {
		return slices.DeleteFunc(of.sound(c.entry, c.figure), func(name string) bool {
			return d.at(c.entry, name).count() == 0 || one.at(c.entry, name).count() == 0
		})
	}
	return d.bestOf(both(d), c.entry, c.figure), one.bestOf(both(one), c.entry, c.figure)
}

// shapesNote says with which client shapes the columns were measured, and in which columns the best
// is not the same with both. report is the path of the report, which has the details.
func shapesNote(d *data, report string) string {
	var once, differ []string
	for _, c := range serverColumns {
		first, second := d.bests(c)
		switch {
		case !d.twice(c.entry):
			once = append(once, c.entry)
		case !sameNames(first, second):
			differ = append(differ, c.title)
		}
	}
	if len(once) == len(serverColumns) {
		return "All columns were measured with the default client only. It reads on every core, next to the server. With a client that reads on one core, an order may differ."
	}
	text := fmt.Sprintf("The figures are those of the default client, which reads on every core. What is marked is the best with a client on one core too ([details](%s#two-client-shapes)).", report)
	if len(differ) > 0 {
		text += " Not the same with both: " + strings.Join(differ, "; ") + "."
	}
	if len(once) > 0 {
		text += " Measured with the default client only: " + strings.Join(once, ", ") + "."
	}
	return text
}

func sameNames(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// shapesPart compares both client shapes; empty if only one was measured.
func shapesPart(d *data) string {
	t := table{{"figure", "entry", "best with the default client", "best with a client of one loop", "the same with both"}}
	for _, c := range serverColumns {
		if !d.twice(c.entry) {
			continue
		}
		first, second := d.bests(c)
		both := slices.DeleteFunc(slices.Clone(first), func(name string) bool { return !slices.Contains(second, name) })
		t = append(t, []string{c.title, c.entry, d.bestText(c, first), d.withOneLoop().bestText(c, second), cmp.Or(strings.Join(both, ", "), "none")})
	}
	if len(t) == 1 {
		return ""
	}
	return paragraphs(t.words(), oneShapeClaims(d))
}

// bestText names servers with their medians in a column.
func (d *data) bestText(c column, names []string) string {
	var list []string
	for _, name := range names {
		list = append(list, name+" "+number(d.median(c.entry, c.figure, name)))
	}
	return strings.Join(list, ", ")
}
