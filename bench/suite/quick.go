package suite

import (
	"fmt"
	"slices"
	"time"
)

// QuickTime bounds a quick suite, the build of the peers included.
const QuickTime = 19 * time.Minute

// Quick returns the entries of a quick suite. They have IDs and scenarios of the published set, but measure for a shorter
// time. All of them together take about a minute per server.
func Quick() []Entry {
	const short = 3 * time.Second
	brief := []string{"--warmup", "1s"}
	return []Entry{
		{ID: "fan-hot-200", Scenario: "fan-hot", Duration: short, Repeats: 2, Takes: 8 * time.Second, Flags: append([]string{"--rate", "200"}, brief...), Why: "one busy room; most servers fail at 1,000 messages per second"},
		{ID: "rooms-small", Scenario: "rooms-small", Duration: short, Repeats: 2, Takes: 8 * time.Second, Flags: brief, Why: "many small rooms"},
		{ID: "fan-large", Scenario: "fan-large", Duration: 8 * time.Second, Repeats: 1, Takes: 12 * time.Second, Flags: brief, Why: "one large room; once, because a run takes longest"},
		{ID: "idle", Scenario: "idle", Duration: 2 * time.Second, Fixed: true, Repeats: 1, Takes: 10 * time.Second, Flags: []string{"--settle", "2s", "--early", "1s", "--connections", "2000,8000"}, Why: "memory of idle connections; once, because it spreads little"},
		{ID: "connect", Scenario: "connect", Duration: 2 * time.Second, Echo: true, Fixed: true, Repeats: 1, Takes: 9 * time.Second, Flags: []string{"--connections", "5000", "--keep", "2000", "--rate", "1000"}, Why: "upgrades, of servers with an echo route; once"},
	}
}

// ChooseQuick is ChooseEntries for the entries of Quick.
func ChooseQuick(ids []string) ([]Entry, error) {
	id := func(e Entry) string { return e.ID }
	quick, published := Quick(), Published()
	for _, one := range ids {
		if !has(quick, one, id) && has(published, one, id) {
			return nil, fmt.Errorf("%q is not in the quick set; --quick --list prints its entries", one)
		}
	}
	return choose(quick, ids, id)
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

// slowBuilds are the tools whose first build takes minutes, because it downloads and compiles much.
var slowBuilds = []string{"cargo", "mvn"}

// tooLong returns why a quick suite leaves t out: it is another configuration of a server, or its build takes minutes. It
// returns "" if the suite measures t.
func (t Target) tooLong() string {
	const name = "; --targets measures it anyway"
	switch {
	case t.Variant, t.Of != "":
		return "a quick suite measures each server in one configuration" + name
	case t.Slow, slices.ContainsFunc(t.Tools, func(tool string) bool { return slices.Contains(slowBuilds, tool) }):
		return "its build takes minutes" + name
	}
	return ""
}
