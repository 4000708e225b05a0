package page

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Series is a server of one side. It has one colour and one pattern of dashes in all plots.
type Series struct {
	Name   string
	Colour int
	Dash   int
}

const (
	colours = 11 // in style.css
	dashes  = 4  // in style.css; 11 and 4 have no common divisor, so 44 servers differ
)

// newSeries returns the series of the nth server on one of several sides. A server has the same colour on all sides. Then its
// pattern of dashes shows the side; two sides may have 22 servers that all differ.
func newSeries(name string, n, side, sides int) *Series {
	if sides > 1 {
		return &Series{Name: name, Colour: n % colours, Dash: (side + n/colours*2) % dashes}
	}
	return &Series{Name: name, Colour: n % colours, Dash: n % dashes}
}

// Plot is a plot with one line per series, drawn for two widths.
type Plot struct {
	Title  string
	Alt    string // description of the plot, for readers who cannot see it
	Series []*Series
	Sizes  []Drawing
}

// Drawing is a plot of one size. Lengths are in pixels.
type Drawing struct {
	Class         string
	Width, Height int
	Left, Right   int // edges of the area within the axes
	Top, Bottom   int
	XMiddle       int
	XLabel        string
	YLabel        string
	X, Y          []Mark
	Lines         []Line
}

// Mark is a tick of an axis.
type Mark struct {
	At    string
	Label string
}

// Line is the line of a series, as the path of an SVG.
type Line struct {
	Series *Series
	Path   string
}

// curve is the points of a series.
type curve struct {
	series *Series
	points []point
}

type point struct{ x, y float64 }

// draw returns the drawings of a plot for a wide and for a narrow screen.
func draw(x, y axis, curves []curve) []Drawing {
	wide := Drawing{Class: "wide", Width: 600, Height: 330, Left: 52, Right: 570, Top: 28, Bottom: 282}
	narrow := Drawing{Class: "narrow", Width: 358, Height: 300, Left: 46, Right: 326, Top: 28, Bottom: 252}
	return []Drawing{wide.with(x, y, curves), narrow.with(x, y, curves)}
}

// letter is the mean width of a letter of a label, in pixels.
const letter = 6.2

// with returns the drawing with its axes and lines. Labels of the x axis that would overlap are left
// out.
func (d Drawing) with(x, y axis, curves []curve) Drawing {
	d.XLabel, d.YLabel, d.XMiddle = x.label, y.label, (d.Left+d.Right)/2
	end := math.Inf(-1) // of the last label
	for _, t := range x.ticks {
		at, half := d.across(x, t.value), letter*float64(len(t.label))/2
		if at-half < end {
			t.label = ""
		}
		if t.label != "" {
			end = at + half + letter
		}
		d.X = append(d.X, Mark{pixels(at), t.label})
	}
	for _, t := range y.ticks {
		d.Y = append(d.Y, Mark{pixels(d.up(y, t.value)), t.label})
	}
	for _, c := range curves {
		d.Lines = append(d.Lines, Line{c.series, d.path(x, y, c.points)})
	}
	return d
}

func (d Drawing) across(x axis, v float64) float64 {
	return float64(d.Left) + x.place(v)*float64(d.Right-d.Left)
}

func (d Drawing) up(y axis, v float64) float64 {
	return float64(d.Bottom) - y.place(v)*float64(d.Bottom-d.Top)
}

// path returns the SVG path through the points. It leaves out each point whose y is that of the points
// before and after it.
func (d Drawing) path(x, y axis, points []point) string {
	var b strings.Builder
	for i, p := range points {
		if i > 0 && i < len(points)-1 && points[i-1].y == p.y && points[i+1].y == p.y {
			continue
		}
		command := "L"
		if i == 0 {
			command = "M"
		}
		fmt.Fprintf(&b, "%s%s %s", command, pixels(d.across(x, p.x)), pixels(d.up(y, p.y)))
	}
	if len(points) == 1 { // a dot, by the round end of the line
		b.WriteString("h0.1")
	}
	return b.String()
}

func pixels(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// trimmed formats v with at most three significant digits, or all digits if that needs an exponent.
func trimmed(v float64) string {
	text := strconv.FormatFloat(v, 'g', 3, 64)
	if strings.Contains(text, "e") {
		text = strconv.FormatFloat(v, 'f', -1, 64)
	}
	return text
}
