package chart

import "fmt"

// mark is the shape of a point.
type mark int

const (
	circle mark = iota
	square
	diamond
	triangle // points upwards
	wedge    // points downwards
	cross
)

// mark draws a server's mark.
func (c *canvas) mark(server string, x, y float64) {
	s, _ := styleOf(server)
	r := 3.6
	if server == Plenum {
		r = 5
	}
	class := c.class(server)
	path := func(format string, at ...float64) {
		args := make([]any, len(at))
		for i, v := range at {
			args[i] = px(v)
		}
		fmt.Fprintf(&c.body, "<path d=\""+format+"\" class=\"%s range\"/>\n", append(args, class)...)
	}
	switch s.mark {
	case circle:
		fmt.Fprintf(&c.body, "<circle cx=\"%s\" cy=\"%s\" r=\"%s\" class=\"%s range\"/>\n", px(x), px(y), px(r), class)
	case square:
		path("M%s %sH%sV%sH%sZ", x-r, y-r, x+r, y+r, x-r)
	case diamond:
		path("M%s %sL%s %sL%s %sL%s %sZ", x, y-r-1, x+r+1, y, x, y+r+1, x-r-1, y)
	case triangle:
		path("M%s %sL%s %sL%s %sZ", x, y-r-1, x+r+1, y+r, x-r-1, y+r)
	case wedge:
		path("M%s %sL%s %sL%s %sZ", x, y+r+1, x+r+1, y-r, x-r-1, y-r)
	case cross:
		path("M%s %sL%s %sM%s %sL%s %s", x-r, y-r, x+r, y+r, x-r, y+r, x+r, y-r)
	}
}
