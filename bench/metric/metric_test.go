package metric

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/observe"
	"plenum/bench/sequence"
)

// full is a result of a scenario in which every figure differs.
func full(scenario string) *bench.Result {
	h := latency.NewHistogram()
	return &bench.Result{
		Scenario: scenario, Rate: 1, Missing: 2, Refused: 3, Ended: 4, Flaws: sequence.Flaws{Lost: 5, Duplicated: 6, OutOfOrder: 7},
		Delivery:   &latency.Percentiles{P50: 8, P90: 9, P99: 10, P999: 11, Max: 12},
		Completion: &latency.Percentiles{P50: 13, P99: 14, Max: 15}, HeldBack: &bench.HeldBackFigures{ShareOfMessages: 0.16},
		Server:   &observe.ServerUse{CPUPerDelivery: 17, Cores: 18, RSSMax: 100, RSSOpen: 81},
		Churn:    &bench.ChurnFigures{JoinMs: &latency.Percentiles{P50: 20, P99: 21}},
		Slow:     &bench.SlowFigures{Members: 100, Ended: 22},
		Saturate: &bench.SaturateFigures{Deliveries: 23, Rate: 24},
		Idle:     &bench.IdleFigures{Slope: 25, Steps: []bench.IdleStep{{}, {BytesPerConnection: 26, CPUPerPing: 27, CPUPerConnection: 28, Pings: 1}}},
		Connect: &bench.ConnectFigures{
			Storm:  &bench.Upgrades{PerSecond: 29, CPUPerUpgrade: 30, Ms: &latency.Percentiles{P99: 31}, Histogram: &h},
			Steady: &bench.Upgrades{CPUPerUpgrade: 32, Ms: &latency.Percentiles{P50: 33, P99: 34}},
		},
		Presence: &bench.PresenceFigures{CPUPerJoin: 35},
	}
}

func TestEachMetricReadsItsOwnField(t *testing.T) {
	want := map[string]float64{
		"rate": 1, "missing": 2, "refused": 3, "ended": 4, "lost": 5, "duplicated": 6, "out_of_order": 7,
		"p50": 8, "p90": 9, "p99": 10, "p99.9": 11, "max": 12, "completion.p50": 13, "completion.p99": 14, "completion.max": 15,
		"held_back": 16, "cpu_per_delivery": 17, "cores": 18, "memory_growth": 19, "memory": 100, "join.p50": 20, "join.p99": 21,
		"slow_closed": 22, "sustained": 23, "sustained_messages": 24, "memory_slope": 25, "memory_per_connection": 26,
		"cpu_per_ping": 27, "cpu_per_connection": 28, "upgrades": 29, "cpu_per_upgrade": 30, "storm.p99": 31,
		"steady.cpu_per_upgrade": 32, "steady.p50": 33, "steady.p99": 34, "cpu_per_join": 35,
	}
	got := map[string]float64{}
	for _, scenario := range []string{"churn", "slow", "saturate", "idle", "connect", "presence"} {
		for _, m := range In(scenario) {
			v, ok := m.Of(full(scenario))
			require.True(t, ok, m.Name)
			got[m.Name] = v
		}
	}
	assert.Equal(t, want, got)
	assert.Len(t, All(), len(want), "no name twice")
}

func TestAMetricIsMissingIfTheRunOrTheScenarioHasNone(t *testing.T) {
	for _, m := range All() {
		_, ok := m.Of(&bench.Result{Scenario: "nothing of this kind", Idle: &bench.IdleFigures{}})
		whole := m.Name == "rate" || m.Name == "held_back" || m.Unit == count
		assert.Equal(t, whole, ok, m.Name)
	}
	m, err := Named("p99")
	require.NoError(t, err)
	_, ok := m.Of(full("connect"))
	assert.False(t, ok, "connect sends no messages")
}

func TestAComparisonShowsEachScenariosMainMetrics(t *testing.T) {
	traffic := []string{"p50", "p99", "completion.p99", "cpu_per_delivery"}
	for scenario, want := range map[string][]string{
		"fan-large": traffic,
		"churn":     {"p50", "p99", "completion.p99", "join.p99", "cpu_per_delivery"},
		"slow":      {"p50", "p99", "completion.p99", "cpu_per_delivery", "memory_growth", "slow_closed"},
		"saturate":  {"cpu_per_delivery", "sustained"},
		"idle":      {"memory_per_connection", "cpu_per_ping"},
		"connect":   {"upgrades", "cpu_per_upgrade", "steady.p99"},
		"presence":  {"join.p99", "cpu_per_join"},
	} {
		assert.Equal(t, want, Names(ComparedIn(scenario)), scenario)
	}
	for _, m := range All() {
		for _, scenario := range []string{"fan-hot", "idle", "connect", "presence", "saturate"} {
			assert.False(t, m.ComparedIn(scenario) && !m.In(scenario), m.Name)
		}
	}
}

func TestNumbersHaveThreeSignificantDigits(t *testing.T) {
	for want, v := range map[string]float64{
		"0": 0, "0.0123": 0.01234, "4.50": 4.5, "-4.50": -4.5, "99.9": 99.94, "100": 99.96, "999": 999, "1,000": 999.6, "12,300": 12345, "-12,300": -12345,
		"1.00 M": 999_999, "1.23 M": 1_234_000, "123 M": 123_400_000, "1.23e+06 M": 1.234e12,
	} {
		assert.Equal(t, want, Number(v))
	}
}

func TestAFigureIsShownWithItsUnit(t *testing.T) {
	for _, c := range []struct {
		name, title, text string
		figure            float64
	}{
		{"p99", "p99, ms", "23.5 ms", 23.49},
		{"cpu_per_delivery", "cpu_per_delivery, µs", "0.770 µs", 0.77},
		{"lost", "lost", "1,500", 1500},
		{"sustained", "sustained, /s", "11.8 M/s", 11.8e6},
		{"memory_per_connection", "memory_per_connection, B", "14,900 B", 14_900},
		{"memory_growth", "memory_growth, B", "83.4 MB", 83_400_000},
		{"slow_closed", "slow_closed, %", "100 %", 100},
	} {
		m, err := Named(c.name)
		require.NoError(t, err)
		assert.Equal(t, c.title, m.Title())
		assert.Equal(t, c.text, m.Text(c.figure))
	}
}

func TestScenariosAreDescribedInWords(t *testing.T) {
	for name, want := range map[string]string{
		"p99": "all with messages", "join.p99": "zipf, churn, hour, presence", "sustained": "saturate", "upgrades": "connect",
	} {
		m, err := Named(name)
		require.NoError(t, err)
		assert.Equal(t, want, m.Scenarios())
	}
}

func TestDigitsAreGroupedInThrees(t *testing.T) {
	for v, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1_234_567: "1,234,567", -999: "-999", -12_345: "-12,345"} {
		assert.Equal(t, want, Grouped(v))
	}
}
