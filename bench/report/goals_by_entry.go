package report

import (
	"fmt"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/suite"
)

// goals has all goals in the order of the entries.
var goals = slices.Concat(
	[]goal{
		compared("fan-large", "CPU per delivery at most 1.05 x raw's", deliveryCPU, 1.05, in("fan-large", raw)),
		compared("fan-large", "completion p99 at most 0.9 x the best peer's",
			completionP99, 0.9, inPeers("fan-large")),
	},
	hotGoals("fan-hot-200"),
	hotGoals("fan-hot-1000"),
	[]goal{
		lossless("fan-hot-4000", "no loss at 4 million deliveries/s"),
		compared("fan-hot-4000", "p99 at most Bun's", deliveryP99, 1, in("fan-hot-4000", bun)),
		lossless("fan-hot-10000", "no loss at 10 million deliveries/s"),
		noPeerSustains("fan-hot-10000", "no peer sustains it"),
		bounded("fan-hot-10000", "p99 under 150 ms", deliveryP99, below(150)),
		compared("saturate", "sustained deliveries/s at least 2 x the best peer's",
			heldDeliveries, 2, inPeers("saturate")),
		generatorNotLimit("saturate", "the generator is not the limit"),
		compared("rooms-small", "CPU per delivery at most Bun's", deliveryCPU, 1, in("rooms-small", bun)),
		compared("rooms-small", "CPU per delivery at most 1.15 x uWebSockets'", deliveryCPU, 1.15, in("rooms-small", uws)),
		compared("rooms-small", "CPU per delivery below every Go peer's",
			deliveryCPU, below(1), inGoPeers("rooms-small")),
		compared("rooms-small", "p99 at most the best peer's", deliveryP99, 1, inPeers("rooms-small")),
		lossless("zipf", "nothing lost, duplicated or out of order"),
		compared("zipf", "p99 at most the best Go peer's", deliveryP99, 1, inGoPeers("zipf")),
		compared("idle", "memory per connection at most nbio's", idleBytes, 1, in("idle", "nbio")),
		compared("idle", "memory per connection at most 1/6 of gws", idleBytes, 1.0/6, in("idle", "gws")),
		compared("idle", "memory per connection at most 1/15 of gorilla", idleBytes, 1.0/15, in("idle", "gorilla")),
		compared("idle", "memory per connection at most 1/25 of centrifuge",
			idleBytes, 1.0/25, in("idle", "centrifuge")),
		compared("idle", "CPU per ping at most 1.3 x raw's", pingCPU, 1.3, in("idle", raw)),
		compared("connect", "upgrades/s at least the best peer's", stormRate, 1, inPeers("connect")),
		compared("connect", "steady: server CPU per open and close at most 1.3 x Bun's", steadyCPU, 1.3, in("connect", bun)),
		compared("slow", "p99 of healthy members at most 1.2 x the p99 when all members read",
			deliveryP99, 1.2, in("slow-none", plenum)),
		bounded("slow", "server memory grows by at most 5 MB", growth, 5),
	},
	wireGoals,
	labGoals,
	scaleGoals,
	[]goal{
		measuredEverywhere("Ktor is measured in each entry with figures of a Go peer", ktor),
		repeated("every planned repeat of the entries with figures, of each server with a sound run", suite.Published()),
	},
)

// hotGoals returns the goals of a busy room at a rate that Bun and uWebSockets sustain.
func hotGoals(entry string) []goal {
	return []goal{
		lossless(entry, "no loss"),
		compared(entry, "p99 at most 1.1 x Bun's", deliveryP99, 1.1, in(entry, bun)),
		compared(entry, "CPU per delivery at most 1.1 x Bun's", deliveryCPU, 1.1, in(entry, bun)),
		compared(entry, "p99 at most uWebSockets'", deliveryP99, 1, in(entry, uws)),
		compared(entry, "CPU per delivery at most uWebSockets'", deliveryCPU, 1, in(entry, uws)),
		compared(entry, "p99 at most 0.3 x centrifuge's", deliveryP99, 0.3, in(entry, "centrifuge")),
	}
}

// lossless is met if no run of plenum failed or was held back. A run that was held back did
// not reach the rate.
func lossless(entry, text string) goal { return losslessOf(key{entry, plenum}, text) }

// losslessOf is lossless for a target.
func losslessOf(of key, text string) goal {
	return goal{of.entry, text, func(d *data) outcome {
		c := d.at(of.entry, of.target)
		if c.count() == 0 {
			return outcome{verdict: notMeasured}
		}
		own := fmt.Sprintf("failed %d of %d", len(c.failed), c.count())
		if len(c.held) > 0 {
			own = c.missedSummary()
		}
		return outcome{own: own, verdict: verdict(c.missed() == 0)}
	}}
}

// noPeerSustains is met if every measured peer failed or was held back at least once while
// the generator kept up.
func noPeerSustains(entry, text string) goal {
	return goal{entry, text, func(d *data) outcome {
		tried, holds := 0, []string(nil)
		for _, name := range d.peers() {
			c := d.at(entry, name)
			tried += c.count()
			if len(c.sound) > 0 && c.proven() == 0 {
				holds = append(holds, name)
			}
		}
		o := outcome{rival: strings.Join(holds, ", "), verdict: verdict(len(holds) == 0)}
		switch open := inPeers(entry).inconclusive(d); {
		case tried == 0:
			return outcome{verdict: notMeasured}
		case o.verdict == met && len(open) > 0:
			return outcome{rival: strings.Join(open, ", "), verdict: undecided}
		}
		return o
	}}
}

// generatorNotLimit is met if no search of plenum ended because of the generator.
func generatorNotLimit(entry, text string) goal {
	return goal{entry, text, func(d *data) outcome {
		runs := d.at(entry, plenum).sound
		if len(runs) == 0 {
			return outcome{verdict: notMeasured}
		}
		bound := slices.ContainsFunc(runs, func(r *bench.Result) bool {
			return r.Saturate != nil && r.Saturate.LimitedBy == "generator"
		})
		return outcome{own: limits(runs), verdict: verdict(!bound)}
	}}
}
