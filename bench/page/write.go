package page

import (
	_ "embed"
	"html/template"
	"io"

	"plenum/bench/compare"
)

//go:embed page.gohtml
var pageText string

//go:embed style.css
var style string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Write writes a page of the sides to w. It compares the groups of the first side with those of the
// others; if there is one side only, the servers of each entry with the first one.
func Write(w io.Writer, sides []*compare.Side) error {
	return pageTemplate.Execute(w, struct {
		Style template.CSS
		*page
	}{template.CSS(style), newPage(sides)})
}
