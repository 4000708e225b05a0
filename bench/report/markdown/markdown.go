package markdown

import (
	"fmt"
	"strings"
)

const (
	NotMeasured = "not measured"
	NoFigure    = "–"
	lineWidth   = 118
)

// Table is a Markdown table: the first row is the head, the first column has names.
type Table [][]string

// Words aligns all columns to the left.
func (t Table) Words() string { return t.aligned(" --- |") }

// Figures aligns all columns except the first to the right.
func (t Table) Figures() string { return t.aligned(" ---: |") }

func (t Table) aligned(column string) string {
	var out strings.Builder
	for i, row := range t {
		fmt.Fprintf(&out, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(&out, "| --- |%s\n", strings.Repeat(column, len(row)-1))
		}
	}
	return out.String()
}

// Paragraphs joins the texts that are not empty, with blank lines between them.
func Paragraphs(texts ...string) string {
	var kept []string
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			kept = append(kept, text)
		}
	}
	return strings.Join(kept, "\n\n")
}

// Wrapped breaks a paragraph into lines. Lines after the first begin with indent.
func Wrapped(text, indent string) string {
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

// Bullet returns one list item.
func Bullet(format string, args ...any) string {
	return Wrapped("- "+fmt.Sprintf(format, args...), "  ") + "\n"
}

// Code replaces the double quotes of a text by backquotes.
func Code(text string) string { return strings.ReplaceAll(text, `"`, "`") }
