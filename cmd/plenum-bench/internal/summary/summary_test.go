package summary

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/observe"
	"plenum/bench/sequence"
)

// latencies returns percentiles that begin at ms.
func latencies(ms float64) *latency.Percentiles {
	return &latency.Percentiles{Count: 10, P50: ms, P90: 2 * ms, P99: 30 * ms, P999: 40 * ms, Max: 1000 * ms}
}

// sent returns a sound result of a scenario with messages.
func sent(scenario string) *bench.Result {
	return &bench.Result{
		Scenario: scenario, Target: "plenum", Seconds: 12, Connections: 1000, Sent: 12_000, Delivered: 12_000_000, Rate: 1e6,
		Delivery: latencies(0.8), Completion: latencies(1.1), Valid: true,
		Server:    &observe.ServerUse{CPUPerDelivery: 0.615, Cores: 0.62, RSSMax: 45_678_901},
		Generator: &bench.OwnUse{Cores: 0.71, BusiestLoop: 0.4, LagMs: latencies(0.02)},
	}
}

// summaries returns a result of each scenario and of each verdict.
func summaries() []*bench.Result {
	fan, failed, held, invalid, cut := sent("fan-hot"), sent("fan-hot"), sent("fan-hot"), sent("fan-hot"), sent("fan-hot")
	fan.Server.Writes, fan.Server.WritesPerDelivery = 9_000_000, 0.75
	fan.Broker = &observe.BrokerUse{Cores: 0.2, RSS: 21e6}
	fan.Notes = []string{"all cores were busy: server 1.10, generator 0.90 of 2 cores"}
	failed.Flaws, failed.Delivery, failed.Completion = sequence.Flaws{Lost: 2000, Duplicated: 1}, nil, nil
	failed.Failures = []string{"2000 deliveries lost", "1 deliveries duplicated"}
	held.HeldBack = &bench.HeldBackFigures{Late: 30, ShareOfMessages: 0.25, Seconds: 1.5, ShareOfTime: 0.125}
	invalid.Valid, invalid.Reasons = false, []string{"a loop of the generator was busy 97.0 % of the time"}
	cut.Cut = true

	churn, slow, saturate, hour := sent("churn"), sent("slow"), sent("saturate"), sent("hour")
	for minute := range 60 {
		hour.Series = append(hour.Series, bench.SeriesRow{End: 60 * float64(minute+1), Delivery: latencies(float64(minute + 1)), RSS: int64(minute) * 1e6})
	}
	hour.Series[59].Delivery = nil // lost messages
	churn.Churn = &bench.ChurnFigures{Joined: 5000, Left: 5001, NotJoined: 1, JoinMs: latencies(0.9)}
	slow.Slow = &bench.SlowFigures{Members: 20, Ended: 19, RSSGrowth: 12_300_000}
	saturate.Saturate = &bench.SaturateFigures{Rate: 4000, Deliveries: 4e6, LimitedBy: "server", Steps: []bench.SaturateStep{
		{Rate: 4000, Sustained: true, P99: 31, Why: []string{}}, {Rate: 8000, P99: 310, Why: []string{"p99 310.0 ms", "3 connections ended by the server"}},
	}}
	most := sent("saturate")
	most.Saturate = &bench.SaturateFigures{Rate: 40_000, Deliveries: 4e7, LimitedBy: "most"}

	search := sent("saturate")
	search.Saturate = &bench.SaturateFigures{Rate: 2000, Deliveries: 2e6, LimitedBy: "interrupted", Steps: []bench.SaturateStep{
		{Rate: 2000, Sustained: true, P99: 31, Why: []string{}}, {Rate: 4000, P99: 3, Why: []string{"cut"}},
	}}
	search.Cut = true

	idle := &bench.Result{Scenario: "idle", Target: "plenum", Seconds: 95, Connections: 19_000, Valid: true}
	idle.Idle = &bench.IdleFigures{Slope: 1012.4, Steps: []bench.IdleStep{
		{Connections: 2000, RSS: 32e6, BytesPerConnection: 1234.5}, {Connections: 19_000, RSS: 49e6, BytesPerConnection: 1040, Pings: 19_000, CPUPerPing: 6.25},
	}}
	connect := &bench.Result{Scenario: "connect", Target: "plenum", Seconds: 9, Valid: true}
	connect.Connect = &bench.ConnectFigures{
		Storm:  &bench.Upgrades{Done: 15_000, PerSecond: 14_200, Ms: latencies(4), Server: 1, Generator: 0.9, CPUPerUpgrade: 70},
		Steady: &bench.Upgrades{Done: 9990, Failed: 1, Late: 9, PerSecond: 1998, Ms: latencies(0.2), Server: 0.3, Generator: 0.3, CPUPerUpgrade: 112},
	}
	presence := &bench.Result{Scenario: "presence", Target: "plenum", Seconds: 8, Connections: 10_000, Valid: true}
	presence.Presence = &bench.PresenceFigures{
		Joined: 10_000, Seconds: 5, JoinMs: latencies(3), ListBytes: 61_000, ListBytesMax: 63_000, CPUPerJoin: 210,
		First: bench.Received{Members: 1000, Frames: 600, Bytes: 1.2e6}, Later: bench.Received{Members: 9000, Frames: 1, Bytes: 63_000},
	}
	staged := sent("fan-hot")
	staged.Stages = []bench.StageFigures{
		{Seconds: 30, To: 1000, MessageStage: &bench.MessageStage{Sent: 15_000, Delivered: 15_000_000, Delivery: latencies(0.8), Completion: latencies(1.1)}},
		{Start: 30, Seconds: 90.5, From: 5000, To: 5000, MessageStage: &bench.MessageStage{Sent: 450_000, NotSent: 2500, Delivered: 449_999_000, Lost: 1000}},
	}
	upgrades := &bench.Result{Scenario: "connect", Target: "plenum", Seconds: 9, Valid: true, Connect: connect.Connect}
	upgrades.Stages = []bench.StageFigures{{Seconds: 20, To: 3000, UpgradeStage: &bench.UpgradeStage{Done: 29_990, Failed: 1, Late: 9, Ms: latencies(0.3)}}}
	varying := &bench.Result{Scenario: "idle", Target: "plenum", Seconds: 60, Connections: 9000, Valid: true}
	varying.Stages = []bench.StageFigures{{Seconds: 60, To: 9000, UpgradeStage: &bench.UpgradeStage{Done: 8999}, IdleStage: &bench.IdleStage{Connections: 9000, RSS: 45e6, BytesPerConnection: 1100, Cores: 0.3}}}
	return []*bench.Result{staged, upgrades, varying, fan, failed, held, invalid, cut, churn, slow, hour, saturate, most, search, idle, connect, presence}
}

func TestTheSummaryHasTheVerdictAndTheFiguresOfEachScenario(t *testing.T) {
	var all strings.Builder
	for _, r := range summaries() {
		require.NoError(t, Write(&all, r, judgment(r)))
		all.WriteString("\n")
	}
	require.NoError(t, Write(&all, sent("fan-hot"), errors.New("FAILED: p99 is 24 ms (p99>20ms)")))
	const path = "testdata/summaries.txt"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(path, []byte(all.String()), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), all.String())
}

// judgment returns the error of a result that is not sound.
func judgment(r *bench.Result) error {
	name, why := r.Verdict()
	if name == bench.Sound {
		return nil
	}
	return errors.New(strings.TrimSuffix(name+": "+why, ": "))
}
