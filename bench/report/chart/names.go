package chart

import (
	"cmp"
	"math"
	"slices"
)

// name is the name of a server next to the end of its line.
type name struct {
	server       string
	x, y, lineAt float64 // lineAt is the y of the line's end
}

// names returns the names of curves, moved so that no two names overlap.
func names(curves []Curve, x, y scale, top, bottom float64) (all []name) {
	for _, curve := range curves {
		end := curve.Points[len(curve.Points)-1]
		all = append(all, name{curve.Server, x.at(end.X), y.at(end.Y), y.at(end.Y)})
	}
	slices.SortStableFunc(all, func(a, b name) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y)) })
	for from := 0; from < len(all); {
		to := from
		for to < len(all) && all[to].x == all[from].x {
			to++
		}
		spread(all[from:to], top, bottom)
		from = to
	}
	return all
}

// spread moves the names of one column apart, each as little as possible. It takes the distances of the
// names from the wanted positions, and is then an isotonic regression of these.
func spread(column []name, top, bottom float64) {
	const least = 13
	type block struct {
		sum float64
		n   int
	}
	var blocks []block
	for i, n := range column {
		blocks = append(blocks, block{n.lineAt - least*float64(i), 1})
		for last := len(blocks) - 1; last > 0 && blocks[last-1].sum*float64(blocks[last].n) > blocks[last].sum*float64(blocks[last-1].n); last-- {
			blocks[last-1] = block{blocks[last-1].sum + blocks[last].sum, blocks[last-1].n + blocks[last].n}
			blocks = blocks[:last]
		}
	}
	highest := max(top, bottom-least*float64(len(column)-1))
	i := 0
	for _, b := range blocks {
		for range b.n {
			column[i].y = min(max(b.sum/float64(b.n), top), highest) + least*float64(i)
			i++
		}
	}
}

func drawNames(c *canvas, all []name) {
	const gap = 10
	for _, n := range all {
		class := "halo"
		if n.server == Plenum {
			class += " strong"
		}
		if math.Abs(n.y-n.lineAt) > 3 {
			c.line(n.x+4, n.lineAt, n.x+gap-1, n.y, c.class(n.server)+" line")
		}
		c.text(n.x+gap, n.y+4, "start", class, n.server)
	}
}
