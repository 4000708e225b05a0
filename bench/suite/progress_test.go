package suite

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/observe"
)

func TestFiguresSummarizesAResult(t *testing.T) {
	ms := &latency.Percentiles{P50: 1, P99: 2, Max: 3}
	for want, r := range map[string]bench.Result{
		"": {},
		"2 connections, 3 sent, 6 delivered (5/s); delivery p50 1.00 p99 2.00 max 3.00 ms; completion p99 2.00 ms; server CPU 7.00 µs per delivery": {
			Connections: 2, Sent: 3, Delivered: 6, Rate: 5, Delivery: ms, Completion: ms, Server: &observe.ServerUse{CPUPerDelivery: 7},
		},
		"sustained 4 messages/s per room so far":              {Saturate: &bench.SaturateFigures{Rate: 4, LimitedBy: "interrupted"}},
		"sustained 4 messages/s per room, limited by: server": {Saturate: &bench.SaturateFigures{Rate: 4, LimitedBy: "server"}},
		"1 of 2 slow members closed, server memory +3.0 MB":   {Slow: &bench.SlowFigures{Members: 2, Ended: 1, RSSGrowth: 3e6}},
		"9 connections, 700 bytes per connection (slope 650), server CPU 5.0 µs per ping": {
			Idle: &bench.IdleFigures{Slope: 650, Steps: []bench.IdleStep{{}, {Connections: 9, BytesPerConnection: 700, CPUPerPing: 5}}},
		},
		"storm 8 upgrades/s, server CPU 4 µs per upgrade; steady 6 upgrades/s, p99 2.00 ms": {
			Connect: &bench.ConnectFigures{
				Storm: &bench.Upgrades{PerSecond: 8, CPUPerUpgrade: 4}, Steady: &bench.Upgrades{PerSecond: 6, Ms: ms},
			},
		},
	} {
		assert.Equal(t, want, Figures(&r))
	}
	lost := bench.Result{Failures: []string{"a", "b"}}
	assert.Equal(t, "rejected: late; FAILED: a, b; ", runSummary(&lost, "late"))
}
