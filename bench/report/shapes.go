package report

import (
	"fmt"
	"slices"
	"strings"
)

const shapesText = `Some orders depend on the client. Its default is one epoll loop per core, so both cores are busy with the client and the server
alike. A client of one loop ("--loops 1") leaves a core to the server. The scenarios of the table of all servers are measured with
both. A result that holds with one of them only is no result of the server alone, so it is named here and marked nowhere.`

// twice reports whether an entry was measured with both client shapes.
func (d *data) twice(entry string) bool {
	return len(d.withOneLoop().best(entry, d.firstFigure(entry))) > 0
}

// firstFigure returns the figure by which the table of all servers compares an entry.
func (d *data) firstFigure(entry string) figure {
	i := slices.IndexFunc(serverColumns, func(c column) bool { return c.entry == entry })
	return serverColumns[i].figure
}

// marked returns the best servers of a column: with both client shapes, if both were measured.
func (d *data) marked(c column) []string {
	names := d.best(c.entry, c.figure)
	if !d.twice(c.entry) {
		return names
	}
	one := d.withOneLoop().best(c.entry, c.figure)
	return slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(one, name) })
}

// shapesNote says with which client shapes the columns were measured, and in which columns the best
// is not the same with both. report is the path of the report, which has the details.
func shapesNote(d *data, report string) string {
	var once, differ []string
	for _, c := range serverColumns {
		switch {
		case !d.twice(c.entry):
			once = append(once, c.entry)
		case !sameNames(d.best(c.entry, c.figure), d.withOneLoop().best(c.entry, c.figure)):
			differ = append(differ, c.title)
		}
	}
	if len(once) == len(serverColumns) {
		return "All columns were measured with the default client only, which has one loop per core."
	}
	text := fmt.Sprintf("The figures are those of the default client. What is marked is the best with a client of one loop too ([details](%s#two-client-shapes)).", report)
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
	one := d.withOneLoop()
	for _, c := range serverColumns {
		if !d.twice(c.entry) {
			continue
		}
		both := strings.Join(d.marked(c), ", ")
		if both == "" {
			both = "none"
		}
		t = append(t, []string{c.title, c.entry, bestText(d, c), bestText(one, c), both})
	}
	if len(t) == 1 {
		return ""
	}
	return paragraphs(t.words(), oneShapeClaims(d))
}

// bestText names the best servers of a column with their medians.
func bestText(d *data, c column) string {
	var list []string
	for _, name := range d.best(c.entry, c.figure) {
		list = append(list, name+" "+number(d.median(c.entry, c.figure, name)))
	}
	return strings.Join(list, ", ")
}
