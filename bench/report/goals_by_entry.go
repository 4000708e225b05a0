package report

import (
	"fmt"
	"slices"
	"strings"

	"plenum/bench"
)

// goals in the order of the entries.
var goals = slices.Concat(
	[]goal{
		compared("fan-large", "CPU a delivery at most 1.05 x raw's", deliveryCPU, 1.05, in("fan-large", raw)),
		compared("fan-large", "completion p99 at most 0.9 x the best peer's",
			completionP99, 0.9, in("fan-large", peers...)),
	},
	hotGoals("fan-hot-200"),
	hotGoals("fan-hot-1000"),
	[]goal{
		lossless("fan-hot-4000", "no loss at 4 million deliveries/s"),
		compared("fan-hot-4000", "p99 at most Bun's", deliveryP99, 1, in("fan-hot-4000", bun)),
		lossless("fan-hot-10000", "no loss at 10 million deliveries/s"),
		unheld("fan-hot-10000", "no peer holds it"),
		bounded("fan-hot-10000", "p99 under 150 ms", deliveryP99, below(150)),
		compared("saturate", "deliveries/s held at least 2 x the best peer's",
			heldDeliveries, 2, in("saturate", peers...)),
		headroom("saturate", "the client is not the limit"),
		compared("rooms-small", "CPU a delivery at most Bun's", deliveryCPU, 1, in("rooms-small", bun)),
		compared("rooms-small", "CPU a delivery below every Go peer's",
			deliveryCPU, below(1), in("rooms-small", goPeers...)),
		compared("rooms-small", "p99 at most the best peer's", deliveryP99, 1, in("rooms-small", peers...)),
		lossless("zipf", "nothing lost, doubled or disordered"),
		compared("zipf", "p99 at most the best Go peer's", deliveryP99, 1, in("zipf", goPeers...)),
		compared("idle", "memory a connection at most nbio's", idleBytes, 1, in("idle", "nbio")),
		compared("idle", "memory a connection at most 1/6 of gws", idleBytes, 1.0/6, in("idle", "gws")),
		compared("idle", "memory a connection at most 1/15 of gorilla", idleBytes, 1.0/15, in("idle", "gorilla")),
		compared("idle", "memory a connection at most 1/25 of centrifuge",
			idleBytes, 1.0/25, in("idle", "centrifuge")),
		compared("idle", "CPU a ping at most 1.3 x raw's", pingCPU, 1.3, in("idle", raw)),
		compared("connect", "upgrades/s at least the best peer's", stormRate, 1, in("connect", peers...)),
		compared("slow", "p99 of the healthy at most 1.2 x the run where all read",
			deliveryP99, 1.2, in("slow-none", plenum)),
		bounded("slow", "server memory grows by at most 5 MB", growth, 5),
	},
	wireGoals,
	labGoals,
	[]goal{
		everywhere("Ktor is measured in every entry", ktor),
		repeated("at least 5 repeats of every entry", 5),
	},
)

// hotGoals are those of a busy room that Bun still serves.
func hotGoals(entry string) []goal {
	return []goal{
		lossless(entry, "no loss"),
		compared(entry, "p99 at most 1.1 x Bun's", deliveryP99, 1.1, in(entry, bun)),
		compared(entry, "CPU a delivery at most 1.1 x Bun's", deliveryCPU, 1.1, in(entry, bun)),
		compared(entry, "p99 at most 0.3 x centrifuge's", deliveryP99, 0.3, in(entry, "centrifuge")),
	}
}

// lossless is met if no run failed or was held back: those had another rate.
func lossless(entry, text string) goal {
	return goal{entry, text, func(d *data) outcome {
		c := d.at(entry, plenum)
		if c.count() == 0 {
			return outcome{verdict: notMeasured}
		}
		own := fmt.Sprintf("failed %d of %d", len(c.failed), c.count())
		if len(c.held) > 0 {
			own = c.lost()
		}
		return outcome{own: own, verdict: verdict(c.missed() == 0)}
	}}
}

// unheld is met if each peer failed or was held back at least once, with a generator that could follow.
func unheld(entry, text string) goal {
	return goal{entry, text, func(d *data) outcome {
		tried, holds := 0, []string(nil)
		for _, name := range peers {
			c := d.at(entry, name)
			tried += c.count()
			if len(c.sound) > 0 && c.proven() == 0 {
				holds = append(holds, name)
			}
		}
		o := outcome{rival: strings.Join(holds, ", "), verdict: verdict(len(holds) == 0)}
		switch open := in(entry, peers...).open(d); {
		case tried == 0:
			return outcome{verdict: notMeasured}
		case o.verdict == met && len(open) > 0:
			return outcome{rival: strings.Join(open, ", "), verdict: undecided}
		}
		return o
	}}
}

// headroom is met where no search ended at what the client can do.
func headroom(entry, text string) goal {
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
