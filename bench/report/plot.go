package report

import (
	"bytes"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Sizes in points.
const (
	plotWidth   vg.Length = 640
	plotHeight  vg.Length = 360
	legendWidth vg.Length = 110
	margin      vg.Length = 10
	textSize    vg.Length = 11
)

// svg draws the chart with its legend on the right.
func (c chart) svg() ([]byte, error) {
	p, legend := c.frame(), newLegend()
	for i := range c.curves {
		// Draw in reverse order, so that plenum, which is first, is on top.
		if err := c.curves[len(c.curves)-1-i].draw(p); err != nil {
			return nil, err
		}
		legend.Add(c.curves[i].target, swatch(pens[c.curves[i].target]))
	}
	canvas := vgsvg.New(plotWidth, plotHeight)
	whole := draw.New(canvas)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	p.Draw(draw.Crop(whole, margin, -legendWidth, margin, -margin))
	legend.Draw(draw.Crop(whole, plotWidth-legendWidth+margin, -margin, margin, -3*margin))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return nil, err
	}
	return portable(out.Bytes()), nil
}

// portable adds fonts of the same width for systems that lack the font of the plot.
func portable(svg []byte) []byte {
	const family = "font-family:Liberation Sans"
	return bytes.ReplaceAll(svg, []byte(family), []byte(family+",Arial,Helvetica,sans-serif"))
}

// frame returns the plot with axes and grid, without curves.
func (c chart) frame() *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = c.title, c.x, c.y
	p.X.Tick.Marker = plot.ConstantTicks(c.ticks)
	p.Y.Scale = plot.LogScale{}
	p.Title.Padding = margin / 2
	for _, text := range []*font.Font{
		&p.Title.TextStyle.Font, &p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font,
		&p.X.Tick.Label.Font, &p.Y.Tick.Label.Font,
	} {
		text.Variant, text.Size = "Sans", textSize
	}
	marks := decades(c.span())
	p.Y.Tick.Marker = plot.ConstantTicks(marks)
	p.Y.Min, p.Y.Max = marks[0].Value, marks[len(marks)-1].Value
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{Y: 0xcc}, color.Gray{Y: 0xcc}
	p.Add(grid)
	return p
}

// span returns the lowest and the highest y of all points.
func (c chart) span() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, one := range c.curves {
		for _, p := range one.points {
			low, high = min(low, p.Y), max(high, p.Y)
		}
	}
	return low, high
}

// decades returns ticks at 1, 2 and 5 times each power of ten, so that they enclose low and
// high.
func decades(low, high float64) (ticks []plot.Tick) {
	for power := math.Floor(math.Log10(low)); ; power++ {
		for _, digit := range []float64{1, 2, 5} {
			v := digit * math.Pow(10, power)
			if v*2.5 <= low {
				continue
			}
			ticks = append(ticks, plot.Tick{Value: v, Label: short(v)})
			if v >= high && len(ticks) > 1 {
				return ticks
			}
		}
	}
}

// short formats a round number.
func short(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.3g M", v/1e6)
	case v >= 1e4:
		return fmt.Sprintf("%.3g k", v/1e3)
	}
	return fmt.Sprintf("%.4g", v)
}

func (c curve) draw(p *plot.Plot) error {
	l, err := plotter.NewLine(c.points)
	if err != nil {
		return err
	}
	l.LineStyle = pens[c.target]
	p.Add(l)
	if c.failed == nil {
		return nil
	}
	marks, err := plotter.NewScatter(c.points)
	if err != nil {
		return err
	}
	marks.GlyphStyleFunc = func(i int) draw.GlyphStyle { return mark(c.target, c.failed[i]) }
	p.Add(marks)
	return nil
}
