package main

import (
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"plenum/bench/drive"
	"plenum/bench/latency"
	"plenum/bench/load"
)

// measuring are figures in the middle of a run.
func measuring() drive.Live {
	f := drive.Live{
		Phase: "measuring", Elapsed: 3200 * time.Millisecond, Length: 10 * time.Second, Due: 5200,
		Live: load.Live{Connections: 1000, Sent: 5199, Delivered: 5_198_112, Lag: 80 * time.Microsecond, Latency: latency.NewHistogram()},
	}
	for range 100 {
		f.Latency.Record(12_300)
	}
	return f
}

func TestTheLiveLineHasTheFiguresThatFit(t *testing.T) {
	now := speeds{cores: 0.62, received: 998_000}
	for columns, want := range map[int]string{
		200: "measuring 3 of 10 s  1,000 connections  sent 5,199 of 5,200 due  5,198,112 received (998k/s)  lag 80 µs  CPU 0.62 cores  p99 12.3 ms",
		90:  "measuring 3/10s  1000 conn  5199/5200 sent  5.20M recv  lag 80µs  CPU 0.62  p99 12.3ms",
		80:  "measuring 3/10s 1000 conn 5199/5200 sent 5.20M recv lag 80µs CPU 0.62 p99 12.3ms",
		70:  "measuring 3/10s 5199/5200 sent 5.20M recv lag 80µs CPU 0.62 p99 12.3ms",
		40:  "measuring 3/10s 5.20M recv p99 12.3ms",
		20:  "measuring 3/10s",
		9:   "measuring",
		4:   "meas",
		0:   "",
	} {
		assert.Equal(t, want, liveLine(measuring(), now, columns), "%d columns", columns)
	}
	for columns := range 200 {
		assert.LessOrEqual(t, utf8.RuneCountInString(liveLine(measuring(), now, columns)), columns)
	}
}

func TestTheLiveLineNamesThePhaseAndWhatIsDue(t *testing.T) {
	for want, f := range map[string]drive.Live{
		"opening 3,200 of 5,000 connections  CPU 0.00 cores": {Phase: "opening", Wanted: 5000, Live: load.Live{Connections: 3200}},
		"probing  5,000 connections  CPU 0.00 cores":         {Phase: "probing", Live: load.Live{Connections: 5000}},
		"steady 1 of 5 s  upgrades 7 of 8 due  2 failed  CPU 0.00 cores": {
			Phase: "steady", Elapsed: time.Second, Length: 5 * time.Second, Due: 8, Unit: "upgrades", Live: load.Live{Sent: 7, NotSent: 2},
		},
	} {
		assert.Equal(t, want, liveLine(f, speeds{}, 100))
	}
}

func TestSpeedsAreOverTheTimeSinceThePreviousFigures(t *testing.T) {
	var m meter
	at := time.Unix(1000, 0)
	look := func(after time.Duration, received uint64, cpu time.Duration) speeds {
		at = at.Add(after)
		return m.since(drive.Live{Live: load.Live{Delivered: received, CPU: cpu}}, at)
	}
	assert.Zero(t, look(0, 1000, time.Second), "nothing to compare with")
	assert.Equal(t, speeds{cores: 0.5, received: 200}, look(2*time.Second, 1400, 2*time.Second))
	assert.Equal(t, speeds{cores: 0.5, received: 200}, look(100*time.Millisecond, 9000, 2*time.Second), "a short time is not exact")
	assert.Equal(t, speeds{cores: 0.5, received: 200}, look(time.Second, 0, 0), "a step of saturate begins at 0")
	assert.Equal(t, speeds{cores: 1, received: 10}, look(time.Second, 10, time.Second))
}

func TestATightTimeHasNoSpace(t *testing.T) {
	assert.Equal(t, "1.00ms", tight(time.Millisecond))
}
