package compare

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
)

// with returns a run of a server in an entry with a rate.
func with(entry, server string, rate float64) *bench.Result {
	r := runOf(server, 1)
	r.Options = map[string]any{"rate": rate, "url": "ws://127.0.0.1:1/" + server}
	if entry != "" {
		r.Labels = map[string]string{"entry": entry}
	}
	return r
}

func TestGroupsArePaired(t *testing.T) {
	for name, c := range map[string]struct {
		a, b                []*bench.Result
		pairs, onlyA, onlyB []string
	}{
		"the same entry, server and options": {
			a:     []*bench.Result{with("hot", "x", 1), with("hot", "y", 1), with("large", "x", 1), with("", "x", 1), with("", "x", 2)},
			b:     []*bench.Result{with("", "x", 2), with("", "x", 1), with("large", "x", 1), with("hot", "y", 1), with("hot", "x", 1)},
			pairs: []string{"hot x, hot x: 0", "hot y, hot y: 0", "large x, large x: 0", "fan-hot x, fan-hot x: 0", "fan-hot x, fan-hot x: 0"},
		},
		"two servers": {
			a: []*bench.Result{with("", "x", 1)}, b: []*bench.Result{with("", "y", 1)}, pairs: []string{"fan-hot x, fan-hot y: 0"},
		},
		"two servers, if a side has others": {
			a: []*bench.Result{with("", "x", 1), with("", "z", 1)}, b: []*bench.Result{with("", "y", 1), with("", "z", 1)},
			pairs: []string{"fan-hot z, fan-hot z: 0"}, onlyA: []string{"fan-hot x"}, onlyB: []string{"fan-hot y"},
		},
		"other options": {
			a: []*bench.Result{with("", "x", 1)}, b: []*bench.Result{with("", "x", 2)}, pairs: []string{"fan-hot x, fan-hot x: 1"},
		},
		"one of several options": {
			a: []*bench.Result{with("", "x", 1)}, b: []*bench.Result{with("", "x", 2), with("", "x", 3)},
			onlyA: []string{"fan-hot x"}, onlyB: []string{"fan-hot x", "fan-hot x"},
		},
		"other servers and options": {
			a: []*bench.Result{with("", "x", 1)}, b: []*bench.Result{with("", "y", 2)}, pairs: []string{"fan-hot x, fan-hot y: 1"},
		},
		"a second measurement": {
			a: []*bench.Result{with("", "x", 1), with("", "x-again", 1)}, b: []*bench.Result{with("", "x", 1)}, pairs: []string{"fan-hot x, fan-hot x: 0"},
		},
		"a server that is only called so": {
			a: []*bench.Result{with("", "x-again", 1)}, b: []*bench.Result{with("", "x-again", 1)}, pairs: []string{"fan-hot x-again, fan-hot x-again: 0"},
		},
		"another entry": {
			a: []*bench.Result{with("hot", "x", 1)}, b: []*bench.Result{with("large", "x", 1)}, onlyA: []string{"hot x"}, onlyB: []string{"large x"},
		},
	} {
		pairs, onlyA, onlyB := Sides(sideOf(c.a...), sideOf(c.b...))
		var got []string
		for _, p := range pairs {
			got = append(got, p.A.Entry+" "+p.A.Server+", "+p.B.Entry+" "+p.B.Server+": "+string(rune('0'+len(differences(p.A.Options, p.B.Options)))))
		}
		assert.Equal(t, c.pairs, got, name)
		assert.ElementsMatch(t, c.onlyA, titles(onlyA), name)
		assert.ElementsMatch(t, c.onlyB, titles(onlyB), name)
	}
}

func TestOptionsThatMatterAreNamed(t *testing.T) {
	a := comparedOptions(&bench.Result{Options: map[string]any{
		"url": "ws://127.0.0.1:1/a", "name": "x", "pid": 7.0, "hello": nil, "publish": "", "pong": "", "duration": "10s", "rate": 5.0,
		"room_seq": true, "steps": []any{1.0, 2.0}, "nodes": []any{"127.0.0.1:1", "127.0.0.2:1"}, "early": "0s",
	}})
	b := comparedOptions(&bench.Result{Options: map[string]any{
		"url": "wss://127.0.0.1:2/b", "name": "y", "hello": []any{"hi"}, "publish": "{text}", "speak": "raw", "duration": "20s", "rate": 5.0,
		"room_seq": true, "steps": []any{1.0, 3.0}, "words": false, "compression": true, "loops": 0.0,
	}})
	assert.Equal(t, []Difference{
		{"compression", "not set", "true"}, {"duration", "10s", "20s"}, {"nodes", "2", "not set"}, {"steps", "[1,2]", "[1,3]"}, {"tls", "not set", "true"},
	}, differences(a, b))
	assert.Equal(t, "duration is 10s in A and 20s in B", Difference{"duration", "10s", "20s"}.String())
	assert.Empty(t, differences(a, a))
}

func TestOtherMachinesAreNamed(t *testing.T) {
	a, b := runOf("x", 1), runOf("x", 1)
	a.Environment.CPU, b.Environment.CPU, b.Environment.Cores = "old", "new", 8
	assert.Equal(t, []Difference{{"cpu", "old", "new"}, {"cores", "0", "8"}}, machineDifferences(sideOf(a), sideOf(b)))
}

func TestAGroupOfOlderSetsOnlyIsNotPaired(t *testing.T) {
	older, newer := with("", "x", 1), with("", "x", 2)
	older.Labels, newer.Labels = map[string]string{"set": "old"}, map[string]string{"set": "new"}
	g := &groups{at: map[string]*Group{}, set: "new"}
	g.add(older)
	g.add(newer)
	pairs, onlyA, onlyB := Sides(sideOf(with("", "x", 1)), &Side{Groups: g.list})
	assert.Empty(t, onlyA)
	assert.Empty(t, onlyB)
	if assert.Len(t, pairs, 1) {
		assert.Len(t, pairs[0].B.Sound, 1)
		assert.Len(t, differences(pairs[0].A.Options, pairs[0].B.Options), 1)
	}
}
