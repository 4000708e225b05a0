package report

import (
	"slices"
	"strings"

	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

// claim is a figure by which plenum may be the best, or worse than another server. The figures
// decide which: a sentence is written only if it is true of them.
type claim struct {
	theme string // at most one claim of a theme is published
	entry string
	f     results.Figure
	what  string // what the figure is
	unit  string
}

// claims has no memory with members that stop reading, because a setting of each server decides that: the limit of what may wait
// for a client.
var claims = []claim{
	{"One busy room", "saturate", results.HeldDeliveries, "The highest rate in a room of 1,000 with a p99 under 150 ms", " deliveries/s"},
	{"One busy room", "fan-hot-4000", results.DeliveryP99, "The p99 of 4,000 messages/s to 1,000 members", " ms"},
	{"One busy room", "fan-hot-1000", results.DeliveryP99, "The p99 of 1,000 messages/s to 1,000 members", " ms"},
	{"One busy room", "fan-hot-1000", results.DeliveryCPU, "The server's processor time per delivery, with 1,000 messages/s to 1,000 members", " µs"},
	{"A room at a moderate rate", "fan-hot-200", results.DeliveryP99, "The p99 of 200 messages/s to 1,000 members", " ms"},
	{"A room at a moderate rate", "fan-hot-200", results.DeliveryCPU, "The server's processor time per delivery, with 200 messages/s to 1,000 members", " µs"},
	{"One large room", "fan-large", results.CompletionP99, "The p99 of the time until the last of 5,000 members has a message", " ms"},
	{"One large room", "fan-large", results.DeliveryCPU, "The server's processor time per delivery in a room of 5,000", " µs"},
	{"Small messages", "size-20", results.DeliveryP99, "The p99 of 50 messages/s of 20 bytes to 200 members", " ms"},
	{"Small messages", "size-20", results.DeliveryCPU, "The server's processor time per delivery, with 50 messages/s of 20 bytes to 200 members", " µs"},
	{"Small messages", "size-200", results.DeliveryP99, "The p99 of 50 messages/s of 200 bytes to 200 members", " ms"},
	{"Small messages", "size-200", results.DeliveryCPU, "The server's processor time per delivery, with 50 messages/s of 200 bytes to 200 members", " µs"},
	{"Small messages", "size-1k", results.DeliveryP99, "The p99 of 50 messages/s of 1 KiB to 200 members", " ms"},
	{"Small messages", "size-1k", results.DeliveryCPU, "The server's processor time per delivery, with 50 messages/s of 1 KiB to 200 members", " µs"},
	{"Large messages", "size-16k", results.DeliveryP99, "The p99 of messages of 16 KiB", " ms"},
	{"Large messages", "size-16k", results.DeliveryCPU, "The server's processor time per delivery of 16 KiB", " µs"},
	{"Many small rooms", "rooms-small", results.DeliveryCPU, "The server's processor time per delivery in 1,000 rooms of 10", " µs"},
	{"Many small rooms", "rooms-small", results.DeliveryP99, "The p99 in 1,000 rooms of 10", " ms"},
	{"Members that come and go", "churn", results.DeliveryCPU, "The server's processor time per delivery, with 500 joins and leaves per second", " µs"},
	{"Members that come and go", "churn", results.DeliveryP99, "The p99 with 500 joins and leaves per second", " ms"},
	{"Rooms of all sizes", "zipf", results.DeliveryP99, "The p99 in 2,000 rooms of all sizes", " ms"},
	{"Rooms of all sizes", "zipf", results.DeliveryCPU, "The server's processor time per delivery in 2,000 rooms of all sizes", " µs"},
	{"Much traffic in a small room", "slow", results.DeliveryP99, "The p99 of 500 messages/s of 4 KiB to 200 members, of whom 10 % stop reading", " ms"},
	{"Much traffic in a small room", "slow-none", results.DeliveryP99, "The p99 of 500 messages/s of 4 KiB to 200 members", " ms"},
	{"Much traffic in a small room", "slow-none", results.DeliveryCPU, "The server's processor time per delivery, with 500 messages/s of 4 KiB to 200 members", " µs"},
	{"Connections in many rooms", "many", results.DeliveryP99, "The p99 if each connection is in many rooms", " ms"},
	{"Connections in many rooms", "many", results.DeliveryCPU, "The server's processor time per delivery if each connection is in many rooms", " µs"},
	{"Idle connections", "idle", results.IdleBytes, "The server's memory per idle connection", " bytes"},
	{"Pings", "idle", results.PingCPU, "The server's processor time per ping of an idle connection", " µs"},
	{"Opening connections", "connect", results.SteadyCPU, "The server's processor time to open and close a connection", " µs"},
	{"Opening connections", "connect", results.StormRate, "Connections that 64 dialers open as fast as they can", " connections/s"},
	{"Echo", "echo", results.DeliveryCPU, "The server's processor time per echo", " µs"},
}

// lead returns the next best peer, if plenum is ahead of every peer.
func (c claim) lead(d *results.Data) (f finding, holds bool) {
	if !slices.Contains(d.Sound(c.entry, c.f), results.Plenum) {
		return f, false
	}
	name, next, found := results.InPeers(c.entry).Best(d, c.f)
	for _, peer := range d.Among(d.Peers(), c.entry) {
		if _, has := c.f.Of(d.At(c.entry, peer).Sound); has && !d.TooFew(c.entry, c.f, peer) && !d.Ahead(c.entry, c.f, results.Plenum, peer) {
			return f, false
		}
	}
	f = finding{claim: c, rival: name, mine: d.Median(c.entry, c.f, results.Plenum), theirs: next.Median}
	return f, found && f.mine > 0 && f.theirs > 0
}

// lag returns the best of the peers that are ahead of plenum. It need not be the one with the best median, because that one's runs
// may spread too much. If a run of plenum failed, it is the one with the best median.
func (c claim) lag(d *results.Data) (f finding, holds bool) {
	mine := d.At(c.entry, results.Plenum)
	if mine.Count() == 0 {
		return f, false
	}
	missed, peers := mine.MissedSummary(), c.soundPeers(d)
	if missed == "" {
		peers, _, _ = c.orders(d)
	}
	if len(peers) == 0 {
		return f, false
	}
	f = finding{claim: c, rival: peers[0], mine: d.Median(c.entry, c.f, results.Plenum), theirs: d.Median(c.entry, c.f, peers[0]), missed: missed}
	return f, f.missed != "" || f.mine > 0 && f.theirs > 0
}

// judge is lead or lag, which has to hold with both client shapes if both were measured. A loss to a peer that was measured with
// the default client only, and a failure of plenum, need no second shape. once is true if it holds with one shape only, among the
// servers that were measured with both.
func (c claim) judge(d *results.Data, of func(claim, *results.Data) (finding, bool)) (f finding, holds, once bool) {
	f, holds = of(c, d)
	one := d.WithOneLoop()
	if _, known := one.Floor(c.entry, c.f); !known || one.At(c.entry, results.Plenum).Count() == 0 {
		return f, holds, false
	}
	if holds && (f.missed != "" || f.behind() && one.At(c.entry, f.rival).Count() == 0) {
		return f, true, false
	}
	both, first := of(c, d.Shared(c.entry))
	g, second := of(c, one)
	switch {
	case first && second:
		f.one = &g
		return f, holds, false
	case second:
		return g, false, true
	}
	return both, false, first
}

// oneShapeClaims names the claims that hold with one client shape only.
func oneShapeClaims(d *results.Data) string {
	var list strings.Builder
	for _, c := range claims {
		if f, _, once := c.judge(d, claim.lead); once {
			bound := ""
			if by := results.Limits(d.At(c.entry+results.OneLoop, results.Plenum).Sound); by != "" {
				bound = " With one loop, the limit of plenum's searches was: " + by + "."
			}
			list.WriteString(markdown.Bullet("Ahead with one client shape only: %s: plenum, then %s.%s", c.what, f.rival, bound))
		}
		if f, _, once := c.judge(d, claim.lag); once {
			list.WriteString(markdown.Bullet("Behind with one client shape only: %s: %s is ahead of plenum.", c.what, f.rival))
		}
	}
	return list.String()
}
