package chart

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// width is the width of the coordinates of a plot. A phone shows them at about 0.8 of their
// size, a wide page at shownWidth.
const (
	width      = 460
	shownWidth = 540
)

// Colours of everything except servers, on light and on dark pages.
const base = `text{font:13px system-ui,-apple-system,"Segoe UI","Liberation Sans",Arial,sans-serif;fill:#1f2328}
.bg{fill:#fff}.grid{stroke:#d8dee4;stroke-width:1}.axis{stroke:#57606a;stroke-width:1}
.title{font-size:15px;font-weight:600}.note{font-size:12px;fill:#57606a}.strong{font-weight:700}
.halo{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}
.line{fill:none;stroke-width:1.6}.thick{stroke-width:3.2}.range{stroke-width:1.4}.dash{stroke-dasharray:5 3}
`

const baseDark = `text{fill:#e6edf3}.bg{fill:#0d1117}.grid{stroke:#30363d}.axis{stroke:#8b949e}.note{fill:#9198a1}.halo{stroke:#0d1117}
`

// canvas collects the elements of a plot.
type canvas struct {
	body    strings.Builder
	servers []string // that are drawn, in the order of their classes
}

// class returns the class of a server: it sets stroke and fill, except in lines.
func (c *canvas) class(server string) string {
	i := slices.Index(c.servers, server)
	if i < 0 {
		i = len(c.servers)
		c.servers = append(c.servers, server)
	}
	return fmt.Sprintf("s%d", i)
}

func (c *canvas) text(x, y float64, anchor, class, text string) {
	fmt.Fprintf(&c.body, "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" class=\"%s\">%s</text>\n", px(x), px(y), anchor, class, html.EscapeString(text))
}

func (c *canvas) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(&c.body, "<path d=\"M%s %sL%s %s\" class=\"%s\"/>\n", px(x1), px(y1), px(x2), px(y2), class)
}

// px formats a coordinate.
func px(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") }

// svg returns the document.
func (c *canvas) svg(height float64, title string) []byte {
	var light, dark strings.Builder
	for i, server := range c.servers {
		s, hollow := styleOf(server)
		fill, darkFill := s.light, s.dark
		if hollow {
			fill, darkFill = "#fff", "#0d1117"
		}
		fmt.Fprintf(&light, ".s%d{stroke:%s;fill:%s}", i, s.light, fill)
		fmt.Fprintf(&dark, ".s%d{stroke:%s;fill:%s}", i, s.dark, darkFill)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%s\" viewBox=\"0 0 %d %s\" role=\"img\">\n",
		shownWidth, px(height*shownWidth/width), width, px(height))
	fmt.Fprintf(&out, "<title>%s</title>\n<style>\n%s%s.line{fill:none}\n@media (prefers-color-scheme: dark){\n%s%s.line{fill:none}\n}\n</style>\n",
		html.EscapeString(title), base, light.String(), baseDark, dark.String())
	fmt.Fprintf(&out, "<rect class=\"bg\" width=\"%d\" height=\"%s\"/>\n%s</svg>\n", width, px(height), c.body.String())
	return []byte(out.String())
}

// notes writes paragraphs below each other and returns the y below the last line.
func (c *canvas) notes(y float64, paragraphs []string) float64 {
	const most = 70 // characters per line, which fit with a wide font too
	for _, p := range paragraphs {
		line := ""
		for _, word := range strings.Fields(p) {
			if line != "" && len(line)+1+len(word) > most {
				c.text(margin, y, "start", "note", line)
				line, y = "", y+noteHeight
			}
			line = strings.TrimSpace(line + " " + word)
		}
		if line != "" {
			c.text(margin, y, "start", "note", line)
			y += noteHeight
		}
	}
	return y
}

const (
	margin     = 8
	noteHeight = 15
)

// head writes the title and the notes below it, and returns the y below them.
func (c *canvas) head(title string, notes []string) float64 {
	c.text(margin, 19, "start", "title", title)
	return c.notes(36, notes)
}
