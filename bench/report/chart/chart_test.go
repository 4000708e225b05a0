package chart

import (
	"encoding/xml"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rows has this many servers, some with a figure and one without.
func rows(names ...string) Rows {
	r := Rows{Title: "Memory", Notes: []string{"Point: median of 5 runs."}, Axis: "bytes per connection", Log: true}
	for i, name := range names {
		v := 500 * math.Pow(2, float64(i))
		r.Rows = append(r.Rows, Row{Server: name, Median: v, Low: 0.9 * v, High: 1.2 * v, Text: "x"})
	}
	r.Rows = append(r.Rows, Row{Server: "ktor", Missing: "not installed: mvn"})
	return r
}

func lines(names ...string) Lines {
	l := Lines{Title: "p99", X: "messages/s", Y: "p99, ms", LogX: true, Marks: true, Ticks: []Tick{{200, "200"}, {10000, "10,000"}}}
	for i, name := range names {
		v := 10 + float64(i)
		l.Curves = append(l.Curves, Curve{Server: name, Points: []Point{{X: 200, Y: v, Low: v, High: v}, {X: 10000, Y: 2 * v, Low: v, High: 3 * v}}})
	}
	return l
}

// texts returns the contents of all text elements.
func texts(t *testing.T, svg []byte) (all []string) {
	t.Helper()
	var parsed struct {
		Texts []struct {
			Text string `xml:",chardata"`
		} `xml:"text"`
	}
	require.NoError(t, xml.Unmarshal(svg, &parsed))
	for _, one := range parsed.Texts {
		all = append(all, one.Text)
	}
	return all
}

func TestAPlotNamesItsAxesUnitsAndRunsAndWhyAServerIsMissing(t *testing.T) {
	assert.Subset(t, texts(t, rows(Plenum, "bun").SVG()), []string{
		"Memory", "Point: median of 5 runs.", "bytes per connection (logarithmic axis)", "plenum", "bun", "ktor", "not installed: mvn",
	})
	assert.Subset(t, texts(t, lines(Plenum, "bun").SVG()), []string{
		"p99, ms (logarithmic axis)", "messages/s (logarithmic axis)", "plenum", "bun", "200", "10,000",
	})
	r := rows(Plenum)
	r.Log = false
	assert.Contains(t, texts(t, r.SVG()), "bytes per connection", "an axis that is not logarithmic")
}

func TestAServerHasItsColourInEveryPlotAndInBothModes(t *testing.T) {
	for name, s := range styles {
		for _, svg := range [][]byte{rows("x", name).SVG(), lines("y", "z", name).SVG()} {
			light, dark, found := strings.Cut(string(svg), "prefers-color-scheme: dark")
			require.True(t, found)
			assert.Contains(t, light, "stroke:"+s.light+";", name)
			assert.Contains(t, dark, "stroke:"+s.dark+";", name)
		}
	}
}

func TestColoursAreDistinctAndVisible(t *testing.T) {
	seen := map[string]string{}
	for name, s := range styles {
		if name == "netty" { // in place of vertx
			continue
		}
		assert.Empty(t, seen[s.light+s.dark], "%s has the colours of another server", name)
		seen[s.light+s.dark] = name
		assert.GreaterOrEqual(t, contrast(t, s.light, "#ffffff"), 3.0, name)
		assert.GreaterOrEqual(t, contrast(t, s.dark, "#0d1117"), 3.0, name)
	}
}

// contrast returns the contrast of two colours as WCAG defines it.
func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	require.Len(t, colour, 7)
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v := float64(hex(colour[1+2*i])*16+hex(colour[2+2*i])) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

func hex(c byte) int { return strings.IndexByte("0123456789abcdef", c) }

func TestATunedConfigurationHasTheColourOfItsServerAndAHollowMark(t *testing.T) {
	s, hollow := styleOf("bun-tuned")
	assert.Equal(t, styles["bun"], s)
	assert.True(t, hollow)
	s, hollow = styleOf("somebody-elses")
	assert.Equal(t, other, s)
	assert.False(t, hollow)
}

func TestTicksEncloseTheValuesAndAreWrittenOut(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{8, 468, "5 10 20 50 100 200 500"}, {10, 20, "10 20"}, {500, 500, "500 1,000"}, {20, 10_000, "10 100 1,000 10,000"},
		{86_000, 12.9e6, "50,000 100,000 200,000 500,000 1 M 2 M 5 M 10 M 20 M"}, {0.09, 0.4, "0.05 0.1 0.2 0.5"},
	} {
		assert.Equal(t, c.want, labels(logTicks(c.low, c.high)), "%g to %g", c.low, c.high)
	}
	assert.Equal(t, "0 5,000 10,000 15,000 20,000", labels(linearTicks(16_400)))
	assert.Equal(t, "0 1 2 3 4", labels(linearTicks(3.5)))
}

func labels(ticks []Tick) string {
	var all []string
	for _, t := range ticks {
		all = append(all, t.Label)
	}
	return strings.Join(all, " ")
}

func TestNamesDoNotOverlap(t *testing.T) {
	var curves []Curve
	for name := range styles {
		curves = append(curves, Curve{Server: name, Points: []Point{{X: 1, Y: 10}}})
	}
	x, y := scale{1, 10, 50, 300, true}, scale{1, 100, 300, 50, true}
	all := names(curves, x, y, 50, 300)
	assert.InDelta(t, y.at(10), (all[0].y+all[len(all)-1].y)/2, 1, "around their lines")
	for i := 1; i < len(all); i++ {
		assert.GreaterOrEqual(t, all[i].y-all[i-1].y, 12.99)
	}
	assert.LessOrEqual(t, all[len(all)-1].y, 300.0)
	for i := range curves {
		curves[i].Points[0].Y = 1
	}
	all = names(curves, x, y, 50, 300)
	assert.InDelta(t, 300, all[len(all)-1].y, 0.1, "not below the plot")
	apart := []name{{lineAt: 60}, {lineAt: 100}, {lineAt: 104}, {lineAt: 200}}
	spread(apart, 50, 300)
	assert.Equal(t, []float64{60, 95.5, 108.5, 200}, []float64{apart[0].y, apart[1].y, apart[2].y, apart[3].y})
}

func TestTheLabelsOfAnAxisDoNotOverlap(t *testing.T) {
	r := rows(Plenum)
	r.Rows[0].Low, r.Rows[0].High = 86_000, 0.9e6
	var parsed struct {
		Texts []struct {
			X    float64 `xml:"x,attr"`
			Y    float64 `xml:"y,attr"`
			Text string  `xml:",chardata"`
		} `xml:"text"`
	}
	require.NoError(t, xml.Unmarshal(r.SVG(), &parsed))
	end, y, seen := 0.0, 0.0, 0
	for _, label := range parsed.Texts {
		if label.Text == "50,000" {
			y = label.Y
		}
		if label.Y == y && y > 0 {
			half := 3.5 * float64(len(label.Text))
			assert.Greater(t, label.X-half, end, label.Text)
			end, seen = label.X+half, seen+1
		}
	}
	assert.Greater(t, seen, 2)
}

func TestALongLogarithmicAxisHasPowersOfTen(t *testing.T) {
	r := rows(Plenum)
	r.Rows[0].Low, r.Rows[0].High = 86_000, 12.9e6
	all := texts(t, r.SVG())
	assert.Subset(t, all, []string{"100,000", "1 M", "10 M"})
	assert.NotContains(t, all, "50,000")
	assert.NotContains(t, all, "2 M")
}

func TestTheSamePlotGivesTheSameBytes(t *testing.T) {
	for range 3 {
		assert.Equal(t, rows(Plenum, "bun", "gws").SVG(), rows(Plenum, "bun", "gws").SVG())
		assert.Equal(t, lines(Plenum, "bun", "gws").SVG(), lines(Plenum, "bun", "gws").SVG())
	}
}
