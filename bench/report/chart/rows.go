package chart

import (
	"math"
	"slices"
)

// Rows is a plot with one row per server: a point for the median, a line for the range.
type Rows struct {
	Title string
	Notes []string // below the title
	Axis  string   // what is measured, with the unit
	Log   bool     // the axis is logarithmic
	Rows  []Row
}

// Row is one server. If Missing is not empty it says why the server has no point.
type Row struct {
	Server            string
	Median, Low, High float64
	Text              string // the median as text
	Missing           string
}

const (
	rowHeight  = 20
	rowsLeft   = 118 // end of the names
	rowsRight  = 388 // begin of the texts
	axisHeight = 40
	labelHalf  = 3.6 // half the width of a character of a label
	labelGap   = 6
)

// SVG draws the plot. At least one row must have a point, and a logarithmic axis needs positive
// values.
func (r Rows) SVG() []byte {
	c := &canvas{}
	top := c.head(r.Title, r.Notes)
	bottom := top + rowHeight*float64(len(r.Rows))
	ticks := r.ticks()
	x := scale{ticks[0].Value, ticks[len(ticks)-1].Value, rowsLeft + 8, rowsRight - 8, r.Log}
	free := 0.0 // x from which a label has space
	for _, t := range r.labelled(ticks) {
		at, half := x.at(t.Value), labelHalf*float64(len(t.Label))
		if at-half < free {
			continue
		}
		c.line(at, top, at, bottom, "grid")
		c.text(at, bottom+14, "middle", "note", t.Label)
		free = at + half + labelGap
	}
	axis := r.Axis
	if r.Log {
		axis += " (logarithmic axis)"
	}
	c.text((rowsLeft+rowsRight)/2, bottom+30, "middle", "", axis)
	for i, row := range r.Rows {
		row.draw(c, x, top+rowHeight*(float64(i)+0.5))
	}
	return c.svg(bottom+axisHeight, r.Title)
}

func (r Rows) ticks() []Tick {
	low, high := math.Inf(1), math.Inf(-1)
	for _, row := range r.Rows {
		if row.Missing == "" {
			low, high = min(low, row.Low), max(high, row.High)
		}
	}
	if r.Log {
		return logTicks(low, high)
	}
	return linearTicks(high)
}

// labelled returns the ticks to label: on a long logarithmic axis only the powers of ten.
func (r Rows) labelled(ticks []Tick) []Tick {
	const long = 30 // the highest value divided by the lowest
	if !r.Log || ticks[len(ticks)-1].Value < long*ticks[0].Value {
		return ticks
	}
	return slices.DeleteFunc(slices.Clone(ticks), func(t Tick) bool {
		power := math.Log10(t.Value)
		return math.Abs(power-math.Round(power)) > 1e-9
	})
}

func (r Row) draw(c *canvas, x scale, y float64) {
	name := ""
	if r.Server == Plenum {
		name = "strong"
	}
	c.text(rowsLeft, y+4, "end", name, r.Server)
	if r.Missing != "" {
		c.text(rowsLeft+12, y+4, "start", "note", r.Missing)
		return
	}
	c.line(x.at(r.Low), y, x.at(r.High), y, c.class(r.Server)+" range")
	c.mark(r.Server, x.at(r.Median), y)
	c.text(rowsRight+4, y+4, "start", name, r.Text)
}
