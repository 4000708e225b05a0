package report

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// pens has the line style of each target. Styles differ in colour, and most of them also
// in dashes, so that they are distinct without colours.
var pens = map[string]draw.LineStyle{
	plenum:       {Color: color.RGBA{R: 0xd5, G: 0x2b, B: 0x1e, A: 0xff}, Width: 3},
	raw:          pen(0x555555, 2, 2),
	bun:          pen(0x0072b2),
	uws:          pen(0x1a1a1a, 10, 3),
	"nbio":       pen(0x009e73, 7, 3),
	"gws":        pen(0xcc79a7),
	"gorilla":    pen(0xe69f00),
	"coder":      pen(0x56b4e9, 7, 3),
	"centrifuge": pen(0x6a3d9a, 7, 3, 2, 3),
	ktor:         pen(0x8c564b, 3, 2),
}

func pen(rgb uint32, dashes ...vg.Length) draw.LineStyle {
	return draw.LineStyle{
		Color: color.RGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 0xff}, Width: 1.5, Dashes: dashes,
	}
}

func mark(target string, failed bool) draw.GlyphStyle {
	style := draw.GlyphStyle{Color: pens[target].Color, Radius: 2.5, Shape: draw.CircleGlyph{}}
	if failed {
		style.Radius, style.Shape = 5, cross{}
	}
	return style
}

// cross is a cross that is visible on a thick line.
type cross struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (cross) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	line, r := draw.LineStyle{Color: style.Color, Width: 2}, style.Radius
	c.StrokeLine2(line, at.X-r, at.Y-r, at.X+r, at.Y+r)
	c.StrokeLine2(line, at.X-r, at.Y+r, at.X+r, at.Y-r)
}

// swatch is a target's line in the legend.
type swatch draw.LineStyle

// Thumbnail implements plot.Thumbnailer.
func (s swatch) Thumbnail(c *draw.Canvas) {
	y := c.Center().Y
	c.StrokeLine2(draw.LineStyle(s), c.Min.X, y, c.Max.X, y)
}

func newLegend() plot.Legend {
	l := plot.NewLegend()
	l.Top, l.Left = true, true
	l.TextStyle.Font.Variant, l.TextStyle.Font.Size = "Sans", textSize
	l.ThumbnailWidth, l.Padding = 28, 3
	return l
}
