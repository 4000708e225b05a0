package report

import (
	"fmt"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/suite"
)

const (
	wirePartName = "wire"
	storming     = "connect-storm"
	large        = "fan-large-1k"
)

const kilobyte = 1024

// Figures of what the wire costs.
var (
	idleKilobytes = figure{"idle, KB a connection", lower, from(idle, func(s *bench.IdleStep) float64 { return s.Each / kilobyte })}
	wireBytes     = figure{"bytes a delivery", lower, bytesOnTheWire}
)

// bytesOnTheWire are those that the client's sockets were given, by delivery.
func bytesOnTheWire(r *bench.Result) (float64, bool) {
	if r.Generator == nil || r.Delivered == 0 {
		return 0, false
	}
	return float64(r.Generator.Bytes) / float64(r.Delivered), true
}

// wireColumns are the same figures of every kind of the server.
var wireColumns = []struct {
	title, entry string
	figure       figure
}{
	{"idle: KB a connection", "idle", idleKilobytes},
	{"upgrades/s", storming, stormRate},
	{"128 bytes: CPU a delivery, us", "fan-large", deliveryCPU},
	{"128 bytes: p99, ms", "fan-large", deliveryP99},
	{"128 bytes: on the wire, bytes", "fan-large", wireBytes},
	{"1 KiB: CPU a delivery, us", large, deliveryCPU},
	{"1 KiB: p99, ms", large, deliveryP99},
	{"1 KiB: on the wire, bytes", large, wireBytes},
}

// wired tells whether any kind of the server was measured beside the plain one.
func (d *data) wired() bool {
	return slices.ContainsFunc(entries, func(e entryKind) bool {
		return len(d.among(wires, e.name)) > 0 || e.within == wirePartName && d.at(e.name, plenum).count() > 0
	})
}

// wirePart is one table of the server plain, encrypted and compressed.
func wirePart(all *data) string {
	d := all.wire
	if !d.wired() {
		return "Not measured."
	}
	head := []string{"server"}
	for _, c := range wireColumns {
		head = append(head, c.title)
	}
	t := table{head}
	for _, name := range append([]string{plenum}, wires...) {
		row := []string{name}
		for _, c := range wireColumns {
			row = append(row, wireText(c.figure, d.at(c.entry, name)))
		}
		t = append(t, row)
	}
	when := ""
	if d != all {
		runs := d.used()
		when = wrapped(fmt.Sprintf("Measured by itself, %s, plenum at %s; runs: %s.",
			period(runs), distinct(runs, labelOfPlenum("commit")), d.countText(len(runs))), "")
	}
	return paragraphs(wireCommand(), when, t.figures(), wireKinds(), wireFailures(d))
}

// wireText is a figure of the sound runs, and how many were not.
func wireText(f figure, c *cell) string {
	lost := c.lost()
	switch {
	case c.count() == 0:
		return notMeasured
	case len(c.sound) == 0:
		return lost
	case lost != "":
		return figureText(f, c.sound) + ", " + lost
	}
	return figureText(f, c.sound)
}

// wireCommand is how all of the table is measured.
func wireCommand() string {
	var only []string
	for _, e := range suite.Published() {
		if e.Variants {
			only = append(only, e.ID)
		}
	}
	return fmt.Sprintf("```sh\nplenum-bench suite --out bench/results/wire --only %s --targets %s\n```",
		strings.Join(only, ","), strings.Join(append([]string{plenum}, wires...), ","))
}

// wireKinds says how each is started.
func wireKinds() string {
	return bullet("%s: `%s`", plenum, suite.ServeCommand) +
		bullet("%s: the same with `%s`: TLS 1.3, an ECDSA certificate on P-256, no session is resumed",
			encrypted, strings.ReplaceAll(suite.TLSFlags, suite.TLSFolder+"/", "")) +
		bullet("%s: the same with `%s`: permessage-deflate, no context is taken over", compressed, suite.CompressionFlags)
}

// wireFailures tells what went wrong, and which runs are not used.
func wireFailures(d *data) string {
	var list strings.Builder
	var unused []string
	for _, e := range entries {
		names := wires
		if e.within == wirePartName {
			names = append([]string{plenum, again}, wires...)
		}
		for _, name := range names {
			list.WriteString(missedBullets(e.name+": ", name, d.at(e.name, name)))
		}
		for _, text := range d.unused(e.name, names) {
			unused = append(unused, e.name+" "+text)
		}
	}
	return paragraphs(list.String(), unusedSentence(unused))
}
