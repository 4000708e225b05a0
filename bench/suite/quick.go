package suite

import (
	"slices"
	"time"
)

// QuickTime bounds a quick suite, the build of the peers included.
const QuickTime = 19 * time.Minute

// Quick returns the entries of a quick suite, which have the IDs and scenarios of the published set, but measure for a
// shorter time. All of them together take about a minute per server.
func Quick() []Entry {
	const short = 3 * time.Second
	brief := []string{"--warmup", "1s"}
	return []Entry{
		{ID: "fan-hot-200", Scenario: "fan-hot", Duration: short, Repeats: 2, Takes: 8 * time.Second, Flags: append([]string{"--rate", "200"}, brief...)}, // most servers fail at 1,000
		{ID: "rooms-small", Scenario: "rooms-small", Duration: short, Repeats: 2, Takes: 8 * time.Second, Flags: brief},
		{ID: "fan-large", Scenario: "fan-large", Duration: 8 * time.Second, Repeats: 1, Takes: 12 * time.Second, Flags: brief},
		{ID: "idle", Scenario: "idle", Duration: 2 * time.Second, Fixed: true, Repeats: 1, Takes: 10 * time.Second, Flags: []string{"--settle", "2s", "--early", "1s", "--connections", "2000,8000"}},
		{ID: "connect", Scenario: "connect", Duration: 2 * time.Second, Echo: true, Fixed: true, Repeats: 1, Takes: 9 * time.Second, Flags: []string{"--connections", "5000", "--keep", "2000", "--rate", "1000"}},
	}
}

// ChooseQuick is ChooseEntries for the entries of Quick.
func ChooseQuick(ids []string) ([]Entry, error) {
	return choose(Quick(), ids, func(e Entry) string { return e.ID })
}

// QuickTargets returns the targets of a quick suite, and the others with the reason why they are not in it.
func QuickTargets(all []Target) (here []Target, skipped []Skipped) {
	for _, t := range all {
		if why := t.tooLong(); why != "" {
			skipped = append(skipped, Skipped{t.Name, why})
			continue
		}
		here = append(here, t)
	}
	return here, skipped
}

// slowBuilds are tools whose first build takes minutes, because they download and compile much.
var slowBuilds = []string{"cargo", "mvn"}

func (t Target) tooLong() string {
	const name = "; --targets measures it anyway"
	switch {
	case t.Variant, t.Of != "":
		return "a quick suite measures each server once" + name
	case t.Slow, slices.ContainsFunc(t.Tools, func(tool string) bool { return slices.Contains(slowBuilds, tool) }):
		return "its build takes minutes" + name
	}
	return ""
}
