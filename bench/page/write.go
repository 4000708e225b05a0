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

// Write writes a page of the sides to w. It compares the groups of the other sides with those of the
// first. If there is one side only, it compares the servers of each entry with the first server.
func Write(w io.Writer, sides []*compare.Side) error {
	return pageTemplate.Execute(w, struct {
		Style template.CSS
		*page
	}{template.CSS(style), newPage(sides)})
}
