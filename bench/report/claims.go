package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// claim is a figure by which plenum may be the best, or worse than another server. The figures
// decide which: a sentence is written only if it is true of them.
type claim struct {
	theme string // at most one claim of a theme is published
	entry string
	f     figure
	what  string // what the figure is, as the subject of a sentence
	unit  string
}

var claims = []claim{
	{"One busy room", "saturate", heldDeliveries, "What a room of 1,000 sustains", " deliveries/s"},
	{"One busy room", "fan-hot-4000", deliveryP99, "The p99 of 4,000 messages/s to 1,000 members", " ms"},
	{"One busy room", "fan-hot-1000", deliveryP99, "The p99 of 1,000 messages/s to 1,000 members", " ms"},
	{"One busy room", "fan-hot-1000", deliveryCPU, "The server's processor time per delivery, with 1,000 messages/s to 1,000 members,", " µs"},
	{"A room at a moderate rate", "fan-hot-200", deliveryP99, "The p99 of 200 messages/s to 1,000 members", " ms"},
	{"A room at a moderate rate", "fan-hot-200", deliveryCPU, "The server's processor time per delivery, with 200 messages/s to 1,000 members,", " µs"},
	{"One large room", "fan-large", completionP99, "The p99 of the time until the last of 5,000 members has a message", " ms"},
	{"One large room", "fan-large", deliveryCPU, "The server's processor time per delivery in a room of 5,000", " µs"},
	{"Large messages", "size-16k", deliveryP99, "The p99 of messages of 16 KiB", " ms"},
	{"Large messages", "size-16k", deliveryCPU, "The server's processor time per delivery of 16 KiB", " µs"},
	{"Many small rooms", "rooms-small", deliveryCPU, "The server's processor time per delivery in 1,000 rooms of 10", " µs"},
	{"Many small rooms", "rooms-small", deliveryP99, "The p99 in 1,000 rooms of 10", " ms"},
	{"Members that come and go", "churn", deliveryCPU, "The server's processor time per delivery, with 500 joins and leaves per second,", " µs"},
	{"Members that come and go", "churn", deliveryP99, "The p99, with 500 joins and leaves per second,", " ms"},
	{"Members that come and go", "zipf", deliveryCPU, "The server's processor time per delivery in 2,000 rooms of all sizes", " µs"},
	{"Members that stop reading", "slow", growth, "The memory that the server needs more when 10 % of 200 members stop reading", " MB"},
	{"Members that stop reading", "slow", deliveryP99, "The p99 of the other members when 10 % of 200 stop reading", " ms"},
	{"Idle connections", "idle", idleBytes, "The server's memory per idle connection", " bytes"},
	{"Pings", "idle", pingCPU, "The server's processor time per ping of an idle connection", " µs"},
	{"Opening connections", "connect", steadyCPU, "The server's processor time to open and close a connection", " µs"},
	{"Opening connections", "connect", stormRate, "What 64 dialers open as fast as they can", " connections/s"},
	{"Echo", "echo", deliveryCPU, "The server's processor time per echo", " µs"},
}

// finding is a claim with the server that it compares plenum with.
type finding struct {
	claim
	rival        string
	mine, theirs float64
	missed       string // how many of plenum's runs failed; empty: the figures are compared
}

// factor returns how many times the worse figure is the better one.
func (f finding) factor() float64 {
	if f.missed != "" {
		return math.Inf(1)
	}
	return max(f.mine/f.theirs, f.theirs/f.mine)
}

// lead returns the next best peer, if plenum is ahead of every peer.
func (c claim) lead(d *data) (f finding, holds bool) {
	if !slices.Contains(d.sound(c.entry, c.f), plenum) {
		return f, false
	}
	name, next, found := inPeers(c.entry).best(d, c.f)
	for _, peer := range d.among(d.peers(), c.entry) {
		if _, has := c.f.of(d.at(c.entry, peer).sound); has && !d.ahead(c.entry, c.f, plenum, peer) {
			return f, false
		}
	}
	f = finding{claim: c, rival: name, mine: d.median(c.entry, c.f, plenum), theirs: next.median}
	return f, found && f.mine > 0 && f.theirs > 0
}

// lag returns the best peer, if it is ahead of plenum.
func (c claim) lag(d *data) (f finding, holds bool) {
	best := ""
	for _, peer := range d.sound(c.entry, c.f) {
		if peer != plenum && (best == "" || c.f.best.better(d.median(c.entry, c.f, peer), d.median(c.entry, c.f, best))) {
			best = peer
		}
	}
	mine := d.at(c.entry, plenum)
	if best == "" || mine.count() == 0 {
		return f, false
	}
	f = finding{claim: c, rival: best, mine: d.median(c.entry, c.f, plenum), theirs: d.median(c.entry, c.f, best), missed: mine.missedSummary()}
	return f, f.missed != "" || f.mine > 0 && f.theirs > 0 && d.ahead(c.entry, c.f, best, plenum)
}

// judge is lead or lag, which has to hold with both client shapes if both were measured. once is
// true if it holds with one of them only.
func (c claim) judge(d *data, of func(claim, *data) (finding, bool)) (f finding, holds, once bool) {
	f, holds = of(c, d)
	one := d.withOneLoop()
	if _, known := one.floor(c.entry, c.f); !known || one.at(c.entry, plenum).count() == 0 {
		return f, holds, false
	}
	g, too := of(c, one)
	if too && !holds {
		f = g
	}
	return f, holds && too, holds != too
}

// strengths returns the three leads with the largest factors. Of a theme it takes the first claim that
// holds, because the figures of an overloaded peer would always have the largest factor.
func strengths(d *data) (list []finding) {
	for _, c := range claims {
		f, holds, _ := c.judge(d, claim.lead)
		if holds && !slices.ContainsFunc(list, func(g finding) bool { return g.theme == f.theme }) {
			list = append(list, f)
		}
	}
	return largest(list)
}

// weaknesses returns the three lags with the largest factors, at most one per theme.
func weaknesses(d *data) (list []finding) {
	for _, c := range claims {
		if f, holds, _ := c.judge(d, claim.lag); holds {
			list = append(list, f)
		}
	}
	return largest(list)
}

// largest returns the three findings with the largest factors, at most one per theme.
func largest(list []finding) []finding {
	slices.SortStableFunc(list, func(a, b finding) int { return cmp.Compare(b.factor(), a.factor()) })
	themes := map[string]bool{}
	list = slices.DeleteFunc(list, func(f finding) bool {
		seen := themes[f.theme]
		themes[f.theme] = true
		return seen
	})
	return list[:min(len(list), 3)]
}

// times formats a factor.
func times(v float64) string {
	switch {
	case v < 2:
		return fmt.Sprintf("%.2f", v)
	case v < 10:
		return fmt.Sprintf("%.1f", v)
	}
	return number(v)
}

func (f finding) value(v float64) string { return number(v) + f.unit }

// strength is the sentence about a lead.
func (f finding) strength() string {
	return fmt.Sprintf("**%s.** %s is %s with plenum, and %s with the next best, %s: a factor of %s.",
		f.theme, f.what, f.value(f.mine), f.value(f.theirs), f.rival, times(f.factor()))
}

// weakness is the sentence about a lag.
func (f finding) weakness() string {
	if f.missed != "" {
		return fmt.Sprintf("**%s.** %s has no figure with plenum: %s. %s has %s, and no run failed.", f.theme, f.what, f.missed, f.rival, f.value(f.theirs))
	}
	return fmt.Sprintf("**%s.** %s is %s with plenum, and %s with the best, %s: a factor of %s.",
		f.theme, f.what, f.value(f.mine), f.value(f.theirs), f.rival, times(f.factor()))
}

// strengthsPart lists what plenum is best at.
func strengthsPart(d *data) string {
	return findingsText(strengths(d), finding.strength, "plenum is not ahead of every peer in any figure by more than the noise.")
}

// weaknessesPart lists where plenum loses.
func weaknessesPart(d *data) string {
	return findingsText(weaknesses(d), finding.weakness, "No peer is ahead of plenum in any figure by more than the noise.")
}

func findingsText(list []finding, sentence func(finding) string, none string) string {
	if len(list) == 0 {
		return none
	}
	var out strings.Builder
	for i, f := range list {
		out.WriteString(wrapped(fmt.Sprintf("%d. %s", i+1, sentence(f)), "   ") + "\n")
	}
	return out.String()
}

// oneShapeClaims names the claims that hold with one client shape only.
func oneShapeClaims(d *data) string {
	var list strings.Builder
	for _, c := range claims {
		if f, _, once := c.judge(d, claim.lead); once {
			list.WriteString(bullet("Ahead with one client shape only: %s: plenum, then %s.", c.what, f.rival))
		}
		if f, _, once := c.judge(d, claim.lag); once {
			list.WriteString(bullet("Behind with one client shape only: %s: %s is ahead of plenum.", c.what, f.rival))
		}
	}
	return list.String()
}
