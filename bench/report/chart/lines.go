package chart

import (
	"math"
	"slices"
	"strings"
)

// Lines is a plot with one line per server. The y axis is logarithmic.
type Lines struct {
	Title  string
	Notes  []string // below the title
	X, Y   string   // what the axes show, with the unit
	LogX   bool     // the ticks of x are on a logarithmic axis
	Ticks  []Tick   // of x, in rising order
	Curves []Curve
	Marks  bool // points have marks
}

// Curve is the line of one server, in rising order of X.
type Curve struct {
	Server string
	Points []Point
}

// Point is one point of a curve. Low and High are its range; they are equal if it has none.
type Point struct {
	X, Y, Low, High float64
	AfterGap        bool // no line leads to the point
}

const (
	linesLeft   = 54
	linesRight  = 338
	linesHeight = 250
)

// SVG draws the plot. It needs at least two ticks and one point.
func (l Lines) SVG() []byte {
	c := &canvas{}
	top := c.head(l.Title, append(slices.Clone(l.Notes), l.Y+" (logarithmic axis)"))
	bottom := top + linesHeight
	ticks := l.ticks()
	x := scale{l.Ticks[0].Value, l.Ticks[len(l.Ticks)-1].Value, linesLeft + 8, linesRight, l.LogX}
	y := scale{ticks[0].Value, ticks[len(ticks)-1].Value, bottom, top, true}
	for _, t := range ticks {
		c.line(linesLeft, y.at(t.Value), linesRight+8, y.at(t.Value), "grid")
		c.text(linesLeft-5, y.at(t.Value)+4, "end", "note", t.Label)
	}
	for _, t := range l.Ticks {
		c.line(x.at(t.Value), bottom, x.at(t.Value), bottom+4, "axis")
		c.text(x.at(t.Value), bottom+16, "middle", "note", t.Label)
	}
	label := l.X
	if l.LogX {
		label += " (logarithmic axis)"
	}
	c.text((linesLeft+linesRight)/2, bottom+32, "middle", "", label)
	for _, curve := range slices.Backward(l.Curves) { // plenum, which is first, is on top
		curve.draw(c, x, y, l.Marks)
	}
	drawNames(c, names(l.Curves, x, y, top, bottom))
	return c.svg(bottom+axisHeight, l.Title)
}

func (l Lines) ticks() []Tick {
	low, high := math.Inf(1), math.Inf(-1)
	for _, curve := range l.Curves {
		for _, p := range curve.Points {
			low, high = min(low, p.Y, p.Low), max(high, p.Y, p.High)
		}
	}
	return logTicks(low, high)
}

func (curve Curve) draw(c *canvas, x, y scale, marks bool) {
	class := c.class(curve.Server) + " line"
	switch {
	case curve.Server == Plenum:
		class += " thick"
	case strings.HasSuffix(curve.Server, tuned):
		class += " dash"
	}
	var path strings.Builder
	for i, p := range curve.Points {
		path.WriteString(step(i == 0 || p.AfterGap) + px(x.at(p.X)) + " " + px(y.at(p.Y)))
	}
	c.body.WriteString("<path d=\"" + path.String() + "\" class=\"" + class + "\"/>\n")
	if !marks {
		return
	}
	for _, p := range curve.Points {
		if p.High > p.Low {
			c.line(x.at(p.X), y.at(p.Low), x.at(p.X), y.at(p.High), c.class(curve.Server)+" range")
		}
		c.mark(curve.Server, x.at(p.X), y.at(p.Y))
	}
}

// step returns the command of a path that moves or draws a line to a point.
func step(move bool) string {
	if move {
		return "M"
	}
	return "L"
}
