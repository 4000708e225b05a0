package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/suite"
)

const kilobyte = 1024

// Figures for the comparison of plenum with its variants.
var (
	idleKilobytes = results.Figure{Title: "idle, KB per connection", Best: results.Lower, Value: metric.From((*bench.Result).LastIdle, func(s *bench.IdleStep) float64 { return s.BytesPerConnection / kilobyte })}
	wireBytes     = results.Figure{Title: "bytes per delivery", Best: results.Lower, Value: bytesOnTheWire}
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
	figure       results.Figure
}{
	{"idle: KB per connection", "idle", idleKilobytes},
	{"upgrades/s", results.Storming, results.StormRate},
	{"128 bytes: CPU per delivery, µs", "fan-large", results.DeliveryCPU},
	{"128 bytes: p99, ms", "fan-large", results.DeliveryP99},
	{"128 bytes: bytes on the wire per delivery", "fan-large", wireBytes},
	{"1 KiB: CPU per delivery, µs", results.Large, results.DeliveryCPU},
	{"1 KiB: p99, ms", results.Large, results.DeliveryP99},
	{"1 KiB: bytes on the wire per delivery", results.Large, wireBytes},
}

// hasVariants reports whether any variant was measured.
func hasVariants(d *results.Data) bool {
	return slices.ContainsFunc(results.Entries, func(e results.Entry) bool {
		return len(d.Among(results.Variants, e.Name)) > 0 || e.Within == results.WireFolder && d.At(e.Name, results.Plenum).Count() > 0
	})
}

// wirePart returns the table of plenum without and with TLS and compression.
func wirePart(all *results.Data) string {
	d := all.Wire
	if !hasVariants(d) {
		return ""
	}
	head := []string{"server"}
	for _, c := range wireColumns {
		head = append(head, c.title)
	}
	t := markdown.Table{head}
	for _, name := range append([]string{results.Plenum}, results.Variants...) {
		row := []string{name}
		for _, c := range wireColumns {
			row = append(row, wireText(c.figure, d.At(c.entry, name)))
		}
		t = append(t, row)
	}
	when := ""
	if d != all {
		runs := d.Used()
		when = markdown.Wrapped(fmt.Sprintf("Measured in a suite of its own, %s. Commit of plenum: %s. Runs: %s.",
			results.Period(runs), cmp.Or(results.Distinct(runs, results.LabelOfPlenum("commit")), "unknown"), d.CountText(len(runs))), "")
	}
	return markdown.Paragraphs(wireCommand(), when, t.Figures(), variantCommands(), wireFailures(d))
}

// wireText returns a figure of the sound runs, and the number of missed runs.
func wireText(f results.Figure, c *results.Cell) string {
	lost := c.MissedSummary()
	switch {
	case c.Count() == 0:
		return markdown.NotMeasured
	case len(c.Sound) == 0:
		return lost
	case lost != "":
		return figureText(f, c.Sound) + ", " + lost
	}
	return figureText(f, c.Sound)
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
		strings.Join(only, ","), strings.Join(append([]string{results.Plenum}, results.Variants...), ","))
}

// variantCommands returns how plenum and its variants are started.
func variantCommands() string {
	return markdown.Bullet("%s: `%s`", results.Plenum, suite.ServeCommand) +
		markdown.Bullet("%s: the same with `%s`: TLS 1.3, an ECDSA certificate on P-256, no session resumption",
			results.Encrypted, strings.ReplaceAll(suite.TLSFlags, suite.TLSFolder+"/", "")) +
		markdown.Bullet("%s: the same with `%s`: permessage-deflate without context takeover", results.Compressed, suite.CompressionFlags)
}

// wireFailures returns the failures and the runs that are not used.
func wireFailures(d *results.Data) string {
	var list strings.Builder
	var unused []string
	for _, e := range results.Entries {
		names := results.Variants
		if e.Within == results.WireFolder {
			names = append([]string{results.Plenum, results.Again}, results.Variants...)
		}
		for _, name := range names {
			list.WriteString(missedBullets(e.Name+": ", name, d.At(e.Name, name)))
		}
		for _, text := range countUnused(d, e.Name, names) {
			unused = append(unused, e.Name+" "+text)
		}
	}
	return markdown.Paragraphs(list.String(), unusedSentence(unused))
}
