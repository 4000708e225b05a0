package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"plenum/bench/drive"
	"plenum/cmd/plenum-bench/internal/units"
)

// part is one figure of the live line. If the line is too long, every part takes its brief form.
// If it is still too long, the parts with the lowest rank are left out.
type part struct {
	rank        int
	long, brief string
}

// speeds are rates between two calls of progress.show. They are 0 until the second call.
type speeds struct {
	cores    float64 // processor seconds of the generator per second
	received float64 // deliveries per second
}

// liveLine returns the figures in at most that many columns. If they do not fit, it shortens them, and then
// leaves out the least important ones.
func liveLine(f drive.Live, s speeds, columns int) string {
	parts := liveParts(f, s)
	long := func(p part) string { return p.long }
	brief := func(p part) string { return p.brief }
	for _, line := range []string{joined(parts, long, "  "), joined(parts, brief, "  ")} {
		if utf8.RuneCountInString(line) <= columns {
			return line
		}
	}
	for len(parts) > 1 && utf8.RuneCountInString(joined(parts, brief, " ")) > columns {
		lowest := slices.MinFunc(parts, func(a, b part) int { return a.rank - b.rank })
		parts = slices.DeleteFunc(parts, func(p part) bool { return p.rank == lowest.rank })
	}
	line := []rune(joined(parts, brief, " "))
	return string(line[:min(len(line), max(0, columns))])
}

func joined(parts []part, form func(part) string, between string) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = form(p)
	}
	return strings.Join(texts, between)
}

// liveParts returns the figures that are known, in the order of the line.
func liveParts(f drive.Live, s speeds) []part {
	parts := []part{phasePart(f)}
	add := func(rank int, long, brief string) { parts = append(parts, part{rank, long, brief}) }
	if f.Wanted == 0 && f.Connections > 0 {
		add(1, units.Counted(f.Connections, "connection"), units.Short(f.Connections)+" conn")
	}
	unit := f.Unit
	if unit == "" {
		unit = "sent"
	}
	if f.Due > 0 {
		add(4, fmt.Sprintf("%s %s of %s due", unit, units.Grouped(f.Sent), units.Grouped(f.Due)), fmt.Sprintf("%s/%s %s", units.Short(f.Sent), units.Short(f.Due), unit))
	}
	if f.NotSent > 0 {
		add(7, units.Grouped(f.NotSent)+" failed", units.Short(f.NotSent)+" failed")
	}
	if f.Delivered > 0 {
		add(5, fmt.Sprintf("%s received (%s/s)", units.Grouped(f.Delivered), units.Short(uint64(s.received))), units.Short(f.Delivered)+" recv")
	}
	if f.Lag > 0 {
		add(3, "lag "+units.Time(f.Lag), "lag "+tight(f.Lag))
	}
	add(2, fmt.Sprintf("CPU %.2f cores", s.cores), fmt.Sprintf("CPU %.2f", s.cores))
	if f.Latency.Count() > 0 {
		p99 := f.Latency.At(99)
		add(6, "p99 "+units.Time(p99), "p99 "+tight(p99))
	}
	return parts
}

// phasePart returns the name and the progress of the phase.
func phasePart(f drive.Live) part {
	const always = 8
	switch {
	case f.Wanted > 0:
		return part{
			always, fmt.Sprintf("%s %s of %s connections", f.Phase, units.Grouped(f.Connections), units.Grouped(f.Wanted)),
			fmt.Sprintf("%s %s/%s", f.Phase, units.Short(f.Connections), units.Short(f.Wanted)),
		}
	case f.Length > 0:
		done, all := f.Elapsed.Round(time.Second).Seconds(), f.Length.Seconds()
		return part{always, fmt.Sprintf("%s %g of %g s", f.Phase, done, all), fmt.Sprintf("%s %g/%gs", f.Phase, done, all)}
	}
	return part{always, f.Phase, f.Phase}
}

// tight is timeText without the space.
func tight(d time.Duration) string { return strings.Replace(units.Time(d), " ", "", 1) }
