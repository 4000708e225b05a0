package page

import (
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/compare"
)

// TestAPageIsAsInTheGoldenFile: UPDATE_GOLDEN=1 writes the golden file.
func TestAPageIsAsInTheGoldenFile(t *testing.T) {
	got := written(t, sample(t))
	const golden = "testdata/page.html"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestAPageIsWellFormedAndLoadsNothing(t *testing.T) {
	text := written(t, sample(t))
	decoder := xml.NewDecoder(strings.NewReader(text))
	decoder.Entity = xml.HTMLEntity
	ids, links := map[string]bool{}, []string{}
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		assert.NotContains(t, []string{"script", "link", "img", "iframe", "object"}, element.Name.Local)
		for _, a := range element.Attr {
			switch a.Name.Local {
			case "id":
				assert.False(t, ids[a.Value], "two elements have the ID %q", a.Value)
				ids[a.Value] = true
			case "href":
				links = append(links, a.Value)
			case "src", "srcset", "style", "onload":
				assert.Fail(t, "unexpected attribute", a.Name.Local)
			}
		}
	}
	require.NotEmpty(t, links)
	for _, link := range links {
		assert.True(t, ids[strings.TrimPrefix(link, "#")], "%q leads nowhere", link)
	}
	assert.Contains(t, text, `content="default-src 'none'; style-src 'unsafe-inline'"`)
	assert.NotRegexp(t, `@import|url\(`, text)
}

func TestEachPlotIsDescribedInWords(t *testing.T) {
	plots := regexp.MustCompile(`<svg class="plot [a-z]+" viewBox="[^"]+" role="img" aria-label="([^"]*)">`).FindAllStringSubmatch(written(t, sample(t)), -1)
	require.Len(t, plots, 2*(2+2+4+3), "two sizes of: fan-hot, saturate, and latencies and figures over time of hour and zipf")
	assert.Equal(t, "Delivery latency by percentile, in ms. quick: 50 % 1.52, 99 % 2.02, maximum 2.03; slow: 50 % 4.52, 99 % 6.00, maximum 6.03.", plots[0][1])
	for _, plot := range plots {
		assert.Regexp(t, `^[A-Z].*: .*\.$`, plot[1])
	}
}

func TestNamesOfServersAndFilesAreEscaped(t *testing.T) {
	const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	r := runOf(evil, 1000)
	r.Options = map[string]any{evil: evil, "url": evil}
	r.Labels = map[string]string{"command": evil, "entry": evil}
	r.Notes, r.FailIf = []string{evil}, []bench.FailIf{{Condition: evil}}
	r.Environment.CPU = evil
	bad := runOf(evil, 1000)
	bad.Options, bad.Labels, bad.Failures = r.Options, r.Labels, []string{evil}
	s := side(t, filepath.Join(t.TempDir(), "a.jsonl"), r, bad)
	s.Name = evil
	text := written(t, s)
	assert.NotContains(t, text, "<script")
	assert.NotContains(t, text, "<img")
	assert.Greater(t, strings.Count(text, "&lt;script&gt;"), 10)
}

func TestEachServerHasOneColour(t *testing.T) {
	var runs []*bench.Result
	for i := range colours * dashes {
		runs = append(runs, runOf(fmt.Sprint("s", i), 1000))
	}
	p := newPage([]*compare.Side{side(t, filepath.Join(t.TempDir(), "a.jsonl"), runs...)})
	looks := map[[2]int]bool{}
	for _, s := range p.Servers {
		looks[[2]int{s.Colour, s.Dash}] = true
	}
	assert.Len(t, looks, colours*dashes)
	for n := range colours {
		assert.Equal(t, 2, strings.Count(style, fmt.Sprintf("--s%d: #", n)), "a light and a dark colour")
		assert.Contains(t, style, fmt.Sprintf(".c%d { --c: var(--s%d); }", n, n))
	}
}

func TestAServerHasTheSameColourOnTwoSides(t *testing.T) {
	const servers = 2 * colours
	var runs []*bench.Result
	for i := range servers {
		runs = append(runs, runOf(fmt.Sprint("s", i), 1000))
	}
	folder := t.TempDir()
	p := newPage([]*compare.Side{side(t, filepath.Join(folder, "a.jsonl"), runs...), side(t, filepath.Join(folder, "b.jsonl"), runs...)})
	require.Len(t, p.Servers, 2*servers)
	looks := map[[2]int]bool{}
	for i, s := range p.Servers {
		assert.Equal(t, p.Servers[i%servers].Colour, s.Colour)
		looks[[2]int{s.Colour, s.Dash}] = true
	}
	assert.Len(t, looks, 2*servers)
}

func TestServersOfSeveralFilesHaveDifferentNames(t *testing.T) {
	folder := t.TempDir()
	var old, young []*bench.Result
	for i := range int64(4) {
		old, young = append(old, runOf("x", 1000+i)), append(young, runOf("x", 3000+i))
	}
	a, b := side(t, filepath.Join(folder, "old.jsonl"), old...), side(t, filepath.Join(folder, "new.jsonl"), append(young, runOf("y", 1))...)
	p := newPage([]*compare.Side{a, b})
	var names []string
	for _, s := range p.Servers {
		names = append(names, s.Name)
	}
	assert.Equal(t, []string{"x (old.jsonl)", "x (new.jsonl)", "y"}, names)
	require.Len(t, p.Verdicts, 1)
	assert.Equal(t, Tally{Base: p.Servers[0], Series: p.Servers[1], Worse: 4}, p.Verdicts[0])
	b.Name = a.Name
	assert.Equal(t, "x (old.jsonl)", newPage([]*compare.Side{a, b}).Servers[0].Name)
	assert.Nil(t, newPage([]*compare.Side{a, b}).Base)
}

func TestAPageOfAnInvalidRunSaysWhy(t *testing.T) {
	invalid := runOf("x", 1000)
	invalid.Valid, invalid.Reasons = false, []string{"a loop of the generator was busy 99.0 % of the time"}
	text := written(t, side(t, filepath.Join(t.TempDir(), "a.jsonl"), invalid))
	assert.Contains(t, text, "not used: 1 INVALID")
	assert.Contains(t, text, "x, not used: a loop of the generator was busy 99.0 % of the time")
	assert.Contains(t, text, "a processor")
	assert.NotContains(t, text, "<figure>")
}

func TestStagesAreShown(t *testing.T) {
	p := newPage([]*compare.Side{sample(t)})
	rows := map[string][][]string{}
	for _, s := range p.Sections {
		for _, table := range s.Stages {
			rows[s.Title] = table.Rows
			for _, row := range table.Rows {
				assert.Len(t, row, len(table.Columns))
			}
		}
	}
	assert.Equal(t, []string{"10–20", "100 → 200", "1,000", "1.00", "3.00", "–", "0", "0"}, rows["zipf"][1])
	assert.Equal(t, []string{"0–10", "0 → 2,000", "999", "5.00", "6.00", "–", "3", "4"}, rows["connect"][0])
}

func TestRunsWithOtherOptionsHaveASectionOfTheirOwn(t *testing.T) {
	slow, fast := runOf("x", 1000), runOf("x", 1000)
	fast.Options = map[string]any{"rate": 2000, "words": true}
	p := newPage([]*compare.Side{side(t, filepath.Join(t.TempDir(), "a.jsonl"), slow, fast)})
	require.Len(t, p.Sections, 2)
	assert.Equal(t, "fan-hot, rate 1000", p.Sections[0].Title)
	assert.Equal(t, "fan-hot, rate 2000, words true", p.Sections[1].Title)
	fast.Options = map[string]any{"stages": []any{"10s:100", "20s:0"}}
	p = newPage([]*compare.Side{side(t, filepath.Join(t.TempDir(), "a.jsonl"), slow, fast)})
	assert.Equal(t, "fan-hot, rate 1000", p.Sections[0].Title)
	assert.Equal(t, "fan-hot, stages 10s:100, 20s:0", p.Sections[1].Title)
	assert.Empty(t, p.Verdicts)
}

func TestAConditionHasItsFigureWithTheUnit(t *testing.T) {
	value := 60.0
	assert.Equal(t, "p99>50000us held: 60.0 ms", conditionText(bench.FailIf{Condition: "p99>50000us", Value: &value, Held: true}))
	assert.Equal(t, "p99>70ms did not hold: 60.0 ms", conditionText(bench.FailIf{Condition: "p99>70ms", Value: &value}))
	assert.Equal(t, "p99>70ms could not be checked", conditionText(bench.FailIf{Condition: "p99>70ms"}))
}
