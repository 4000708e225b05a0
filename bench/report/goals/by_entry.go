package goals

import (
	"fmt"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/suite"
)

// goals has all goals in the order of the entries.
var goals = slices.Concat(
	[]goal{
		compared("fan-large", "CPU per delivery at most 1.05 x raw's", results.DeliveryCPU, 1.05, results.In("fan-large", results.Raw)),
		compared("fan-large", "completion p99 at most 0.9 x the best peer's",
			results.CompletionP99, 0.9, results.InPeers("fan-large")),
	},
	hotGoals("fan-hot-200"),
	hotGoals("fan-hot-1000"),
	[]goal{
		lossless("fan-hot-4000", "no loss at 4 million deliveries/s"),
		compared("fan-hot-4000", "p99 at most Bun's", results.DeliveryP99, 1, results.In("fan-hot-4000", results.Bun)),
		lossless("fan-hot-10000", "no loss at 10 million deliveries/s"),
		noPeerSustains("fan-hot-10000", "no peer sustains it"),
		bounded("fan-hot-10000", "p99 under 150 ms", results.DeliveryP99, below(150)),
		compared("saturate", "sustained deliveries/s at least 2 x the best peer's",
			results.HeldDeliveries, 2, results.InPeers("saturate")),
		generatorNotLimit("saturate", "the generator is not the limit"),
		compared("rooms-small", "CPU per delivery at most Bun's", results.DeliveryCPU, 1, results.In("rooms-small", results.Bun)),
		compared("rooms-small", "CPU per delivery at most 1.15 x uWebSockets'", results.DeliveryCPU, 1.15, results.In("rooms-small", results.Uws)),
		compared("rooms-small", "CPU per delivery below every Go peer's",
			results.DeliveryCPU, below(1), results.InGoPeers("rooms-small")),
		compared("rooms-small", "p99 at most the best peer's", results.DeliveryP99, 1, results.InPeers("rooms-small")),
		lossless("zipf", "nothing lost, duplicated or out of order"),
		compared("zipf", "p99 at most the best Go peer's", results.DeliveryP99, 1, results.InGoPeers("zipf")),
		compared("idle", "memory per connection at most nbio's", results.IdleBytes, 1, results.In("idle", "nbio")),
		compared("idle", "memory per connection at most 1/6 of gws", results.IdleBytes, 1.0/6, results.In("idle", "gws")),
		compared("idle", "memory per connection at most 1/15 of gorilla", results.IdleBytes, 1.0/15, results.In("idle", "gorilla")),
		compared("idle", "memory per connection at most 1/25 of centrifuge",
			results.IdleBytes, 1.0/25, results.In("idle", "centrifuge")),
		compared("idle", "CPU per ping at most 1.3 x raw's", results.PingCPU, 1.3, results.In("idle", results.Raw)),
		compared("connect", "upgrades/s at least the best peer's", results.StormRate, 1, results.InPeers("connect")),
		compared("connect", "steady: server CPU per open and close at most 1.3 x Bun's", results.SteadyCPU, 1.3, results.In("connect", results.Bun)),
		compared("slow", "p99 of healthy members at most 1.2 x the p99 when all members read",
			results.DeliveryP99, 1.2, results.In("slow-none", results.Plenum)),
		bounded("slow", "server memory grows by at most 5 MB", results.Growth, 5),
	},
	wireGoals,
	labGoals,
	scaleGoals,
	[]goal{
		measuredEverywhere("Ktor is measured in each entry with figures of a Go peer", results.Ktor),
		repeated("every planned repeat of the entries with figures, of each server with a sound run", suite.Published()),
	},
)

// hotGoals returns the goals of a busy room at a rate that Bun and uWebSockets sustain.
func hotGoals(entry string) []goal {
	return []goal{
		lossless(entry, "no loss"),
		compared(entry, "p99 at most 1.1 x Bun's", results.DeliveryP99, 1.1, results.In(entry, results.Bun)),
		compared(entry, "CPU per delivery at most 1.1 x Bun's", results.DeliveryCPU, 1.1, results.In(entry, results.Bun)),
		compared(entry, "p99 at most uWebSockets'", results.DeliveryP99, 1, results.In(entry, results.Uws)),
		compared(entry, "CPU per delivery at most uWebSockets'", results.DeliveryCPU, 1, results.In(entry, results.Uws)),
		compared(entry, "p99 at most 0.3 x centrifuge's", results.DeliveryP99, 0.3, results.In(entry, "centrifuge")),
	}
}

// lossless is met if no run of plenum failed or was held back. A run that was held back did
// not reach the rate.
func lossless(entry, text string) goal {
	return losslessOf(results.Key{Entry: entry, Target: results.Plenum}, text)
}

// losslessOf is lossless for a target.
func losslessOf(of results.Key, text string) goal {
	return goal{of.Entry, text, func(d *results.Data) outcome {
		c := d.At(of.Entry, of.Target)
		if c.Count() == 0 {
			return outcome{verdict: markdown.NotMeasured}
		}
		own := fmt.Sprintf("failed %d of %d", len(c.Failed), c.Count())
		if len(c.Held) > 0 {
			own = c.MissedSummary()
		}
		return outcome{own: own, verdict: verdict(c.Missed() == 0)}
	}}
}

// noPeerSustains is met if every measured peer failed or was held back at least once while
// the generator kept up.
func noPeerSustains(entry, text string) goal {
	return goal{entry, text, func(d *results.Data) outcome {
		tried, holds := 0, []string(nil)
		for _, name := range d.Peers() {
			c := d.At(entry, name)
			tried += c.Count()
			if len(c.Sound) > 0 && c.Proven() == 0 {
				holds = append(holds, name)
			}
		}
		o := outcome{rival: strings.Join(holds, ", "), verdict: verdict(len(holds) == 0)}
		switch open := results.InPeers(entry).Inconclusive(d); {
		case tried == 0:
			return outcome{verdict: markdown.NotMeasured}
		case o.verdict == met && len(open) > 0:
			return outcome{rival: strings.Join(open, ", "), verdict: undecided}
		}
		return o
	}}
}

// generatorNotLimit is met if no search of plenum ended because of the generator.
func generatorNotLimit(entry, text string) goal {
	return goal{entry, text, func(d *results.Data) outcome {
		runs := d.At(entry, results.Plenum).Sound
		if len(runs) == 0 {
			return outcome{verdict: markdown.NotMeasured}
		}
		bound := slices.ContainsFunc(runs, func(r *bench.Result) bool {
			return r.Saturate != nil && r.Saturate.LimitedBy == "generator"
		})
		return outcome{own: results.Limits(runs), verdict: verdict(!bound)}
	}}
}
