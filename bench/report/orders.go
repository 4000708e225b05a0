package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

const ordersText = `Each figure of [each kind of load](../report/claims.go), and which servers are ahead of plenum, level with it, or behind it, by
the rule of [How it is measured](#how-it-is-measured). The best is first. A server is missing if a run failed or was held back, or if
it has fewer than two runs. The figures are from the default client. [Two client shapes](#two-client-shapes) has what the other client changes.`

// ordersPart compares plenum with every peer in each figure.
func ordersPart(d *results.Data) string {
	t := markdown.Table{{"kind of load", "figure", "plenum", "ahead of plenum", "level", "behind"}}
	for _, c := range claims {
		mine := d.At(c.entry, results.Plenum)
		if _, known := d.Floor(c.entry, c.f); !known || mine.Count() == 0 {
			continue
		}
		ahead, level, behind := c.orders(d)
		figure := cmp.Or(mine.MissedSummary(), metric.Number(d.Median(c.entry, c.f, results.Plenum)))
		t = append(t, []string{c.theme, c.what + unitOf(c), figure, namesWithFigures(d, c, ahead), listed(level), strconv.Itoa(len(behind))})
	}
	if len(t) == 1 {
		return ""
	}
	return t.Words()
}

// unitOf returns the unit of a claim's figure, after a comma.
func unitOf(c claim) string { return ", " + strings.TrimSpace(c.unit) }

// orders says which of the peers that can be compared with plenum are ahead of it, level with it and behind it, the best first.
func (c claim) orders(d *results.Data) (ahead, level, behind []string) {
	for _, peer := range c.soundPeers(d) {
		switch {
		case !d.Comparable(c.entry, c.f, peer):
		case d.Ahead(c.entry, c.f, peer, results.Plenum):
			ahead = append(ahead, peer)
		case d.Ahead(c.entry, c.f, results.Plenum, peer):
			behind = append(behind, peer)
		default:
			level = append(level, peer)
		}
	}
	return ahead, level, behind
}

// soundPeers returns the peers without a failed run, the one with the best median first.
func (c claim) soundPeers(d *results.Data) []string {
	peers := slices.DeleteFunc(d.Sound(c.entry, c.f), func(name string) bool { return name == results.Plenum })
	return d.ByMedian(peers, c.entry, c.f)
}

func listed(names []string) string { return cmp.Or(strings.Join(names, ", "), markdown.NoFigure) }

func namesWithFigures(d *results.Data, c claim, names []string) string {
	return cmp.Or(bestText(d, column{entry: c.entry, figure: c.f}, names), markdown.NoFigure)
}
