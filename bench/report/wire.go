package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/metric"
	"plenum/bench/suite"
)

const (
	wirePartName = "wire"
	storming     = "connect-storm"
	large        = "fan-large-1k"
)

const kilobyte = 1024

// Figures for the comparison of plenum with its variants.
var (
	idleKilobytes = figure{"idle, KB per connection", lower, metric.From((*bench.Result).LastIdle, func(s *bench.IdleStep) float64 { return s.BytesPerConnection / kilobyte })}
	wireBytes     = figure{"bytes per delivery", lower, bytesOnTheWire}
)

// bytesOnTheWire returns the bytes that the client's sockets received, per delivery.
func bytesOnTheWire(r *bench.Result) (float64, bool) {
	if r.Generator == nil || r.Delivered == 0 {
		return 0, false
	}
	return float64(r.Generator.Bytes) / float64(r.Delivered), true
}

// wireColumns are the columns of the table of variants. Each is a figure of one entry.
var wireColumns = []struct {
	title, entry string
	figure       figure
}{
	{"idle: KB per connection", "idle", idleKilobytes},
	{"upgrades/s", storming, stormRate},
	{"128 bytes: CPU per delivery, µs", "fan-large", deliveryCPU},
	{"128 bytes: p99, ms", "fan-large", deliveryP99},
	{"128 bytes: bytes on the wire per delivery", "fan-large", wireBytes},
	{"1 KiB: CPU per delivery, µs", large, deliveryCPU},
	{"1 KiB: p99, ms", large, deliveryP99},
	{"1 KiB: bytes on the wire per delivery", large, wireBytes},
}

// hasVariants reports whether any variant was measured.
func (d *data) hasVariants() bool {
	return slices.ContainsFunc(entries, func(e entryKind) bool {
		return len(d.among(variants, e.name)) > 0 || e.within == wirePartName && d.at(e.name, plenum).count() > 0
	})
}

// wirePart returns the table of plenum without and with TLS and compression.
func wirePart(all *data) string {
	d := all.wire
	if !d.hasVariants() {
		return ""
	}
	head := []string{"server"}
	for _, c := range wireColumns {
		head = append(head, c.title)
	}
	t := table{head}
	for _, name := range append([]string{plenum}, variants...) {
		row := []string{name}
		for _, c := range wireColumns {
			row = append(row, wireText(c.figure, d.at(c.entry, name)))
		}
		t = append(t, row)
	}
	when := ""
	if d != all {
		runs := d.used()
		when = wrapped(fmt.Sprintf("Measured in a suite of its own, %s. Commit of plenum: %s. Runs: %s.",
			period(runs), cmp.Or(distinct(runs, labelOfPlenum("commit")), "unknown"), d.countText(len(runs))), "")
	}
	return paragraphs(wireCommand(), when, t.figures(), variantCommands(), wireFailures(d))
}

// wireText returns a figure of the sound runs, and the number of missed runs.
func wireText(f figure, c *cell) string {
	lost := c.missedSummary()
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

// wireCommand returns the command that measures the whole table.
func wireCommand() string {
	var only []string
	for _, e := range suite.Published() {
		if e.Variants {
			only = append(only, e.ID)
		}
	}
	return fmt.Sprintf("```sh\nplenum-bench suite --out bench/results/wire --only %s --targets %s\n```",
		strings.Join(only, ","), strings.Join(append([]string{plenum}, variants...), ","))
}

// variantCommands returns how plenum and its variants are started.
func variantCommands() string {
	return bullet("%s: `%s`", plenum, suite.ServeCommand) +
		bullet("%s: the same with `%s`: TLS 1.3, an ECDSA certificate on P-256, no session resumption",
			encrypted, strings.ReplaceAll(suite.TLSFlags, suite.TLSFolder+"/", "")) +
		bullet("%s: the same with `%s`: permessage-deflate without context takeover", compressed, suite.CompressionFlags)
}

// wireFailures returns the failures and the runs that are not used.
func wireFailures(d *data) string {
	var list strings.Builder
	var unused []string
	for _, e := range entries {
		names := variants
		if e.within == wirePartName {
			names = append([]string{plenum, again}, variants...)
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
