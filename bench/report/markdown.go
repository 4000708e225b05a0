package report

import (
	"fmt"
	"strings"
)

const (
	notMeasured = "not measured"
	noFigure    = "–"
	lineWidth   = 118
)

// table is a Markdown table: the first row is the head, the first column has names.
type table [][]string

// words aligns all columns to the left.
func (t table) words() string { return t.aligned(" --- |") }

// figures aligns all columns except the first to the right.
func (t table) figures() string { return t.aligned(" ---: |") }

func (t table) aligned(column string) string {
	var out strings.Builder
	for i, row := range t {
		fmt.Fprintf(&out, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(&out, "| --- |%s\n", strings.Repeat(column, len(row)-1))
		}
	}
	return out.String()
}

// paragraphs joins the texts that are not empty, with blank lines between them.
func paragraphs(texts ...string) string {
	var kept []string
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			kept = append(kept, text)
		}
	}
	return strings.Join(kept, "\n\n")
}

// wrapped breaks a paragraph into lines. Lines after the first begin with indent.
func wrapped(text, indent string) string {
	var out strings.Builder
	width := 0
	for i, word := range strings.Fields(text) {
		switch n := len([]rune(word)); {
		case i == 0:
			width = n
		case width+1+n > lineWidth:
			out.WriteString("\n" + indent)
			width = len(indent) + n
		default:
			out.WriteString(" ")
			width += 1 + n
		}
		out.WriteString(word)
	}
	return out.String()
}

// bullet returns one list item.
func bullet(format string, args ...any) string {
	return wrapped("- "+fmt.Sprintf(format, args...), "  ") + "\n"
}

// code makes code of what is quoted in a text.
func code(text string) string { return strings.ReplaceAll(text, `"`, "`") }
