package compare

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/metric"
)

// sample is a comparison with every kind of line.
func sample(t *testing.T) *Report {
	a := sideWith("x", 100, 101, 102, 103, 104)
	b := sideWith("x", 210, 211, 212, 213, 214)
	b.Groups[0].Failed = []*bench.Result{failed(runOf("x", 1))}
	b.Groups[0].Excluded.Invalid, b.Groups[0].Unused = 2, []*bench.Result{{Reasons: []string{"the generator was late"}}}
	b.Groups[0].Unused[0].Environment.CPU = "new"
	b.Groups[0].Options["rate"] = 2000.0
	for i := range a.Groups[0].Sound {
		a.Groups[0].Sound[i].Environment.CPU, b.Groups[0].Sound[i].Environment.CPU = "old", "new"
	}
	b.Groups[0].Failed[0].Environment.CPU = "new"
	a.Groups = append(a.Groups, sideOf(with("large", "x", 1)).Groups...)
	b.Groups = append(b.Groups, sideOf(with("small", "y", 1)).Groups...)
	a.Groups[1].Sound[0].Environment.CPU, b.Groups[1].Sound[0].Environment.CPU = "old", "new"
	a.Name, b.Name = "old.jsonl", "new.jsonl"
	r := New(a, b, Options{})
	c, err := metric.Parse("p99>200ms")
	require.NoError(t, err)
	require.NoError(t, r.Judge([]metric.Condition{c}))
	return r
}

func TestAReportIsAsInTheGoldenFile(t *testing.T) {
	var text bytes.Buffer
	require.NoError(t, sample(t).WriteText(&text))
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile("testdata/report.txt", text.Bytes(), 0o644))
	}
	want, err := os.ReadFile("testdata/report.txt")
	require.NoError(t, err)
	assert.Equal(t, string(want), text.String())
}

func TestTheJSONOfAReportHasNoNullLists(t *testing.T) {
	a := sideWith("x", 1)
	text, err := json.Marshal(New(a, a, Options{Metrics: []*metric.Metric{named(t, "p99")}}))
	require.NoError(t, err)
	one := `{"n":1,"median":1,"lowest":1,"highest":1}`
	members := `{"server":"x","sound":1,"failed":0,"held_back":0,"excluded":{}}`
	assert.JSONEq(t, `{
		"a":"side","b":"side","different_machines":[],"only_in_a":[],"only_in_b":[],
		"better":0,"worse":0,"undecided":1,"lacks_runs":1,"failed_conditions":0,
		"entries":[{
			"entry":"fan-hot","a":`+members+`,"b":`+members+`,"different_options":[],"outcomes":[],"failed_conditions":[],
			"metrics":[{
				"metric":"p99","unit":"ms","higher_is_better":false,"a":`+one+`,"b":`+one+`,"ratio":1,"interval":[1,1],"p":1,
				"noise_floor":0.01,"verdict":"undecided","why":"needs 4 runs of each","lacks_runs":true
			}]
		}]
	}`, string(text))
}
