package metric

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/observe"
)

// sound is a run whose delivery p99 is 50 ms.
func sound() *bench.Result {
	return &bench.Result{
		Scenario: "fan-hot", Rate: 1000, Delivery: &latency.Percentiles{P50: 2, P99: 50},
		Server: &observe.ServerUse{CPUPerDelivery: 0.77, RSSMax: 20_000_000},
	}
}

func TestAConditionHoldsIfItsFigureIsBeyondTheBound(t *testing.T) {
	for text, want := range map[string]bool{
		"p99>50ms": false, "p99>=50ms": true, "p99<50ms": false, "p99<=50ms": true,
		" p99 > 49.9 ms ": true, "p99>49": true, "p99>50000µs": false, "p99 >= 50000us": true, "p99>0.049s": true, "p99>49999μs": true,
		"cpu_per_delivery>0.5": true, "cpu_per_delivery>0.5ms": false, "cpu_per_delivery<800us": true,
		"memory>19MB": true, "memory>19.1MiB": false, "memory>20000000": false, "memory>=20000000B": true, "memory<1GB": true,
		"rate<1000": false, "rate<1001/s": true, "lost>0": false, "lost>=0": true, "held_back>1%": false, "held_back>-1": true, "cores<1cores": true,
	} {
		c, err := Parse(text)
		require.NoError(t, err, text)
		judged := c.Judge(sound())
		require.NotNil(t, judged.Value, text)
		assert.Equal(t, want, judged.Held, text)
		again, err := Parse(judged.Condition)
		require.NoError(t, err)
		assert.Equal(t, c, again)
	}
}

func TestAWrongConditionIsExplained(t *testing.T) {
	for text, want := range map[string]string{
		"":             `expected METRIC OP VALUE, such as p99>50ms, but got ""`,
		"p99":          `expected METRIC OP VALUE, such as p99>50ms, but got "p99"`,
		"p99=50ms":     `expected METRIC OP VALUE, such as p99>50ms, but got "p99=50ms"`,
		"p99>50>1":     `expected METRIC OP VALUE, such as p99>50ms, but got "p99>50>1"`,
		"p99>1e3":      `expected METRIC OP VALUE, such as p99>50ms, but got "p99>1e3"`,
		"p99>50kg":     `p99 is not given in "kg": use us, µs, ms, s`,
		"memory>2ms":   `memory is not given in "ms": use B, kB, KiB, MB, MiB, GB, GiB`,
		"lost>1%":      `lost is not given in "%": use a plain number`,
		"held_back>1s": `held_back is not given in "s": use % or a plain number`,
	} {
		_, err := Parse(text)
		assert.EqualError(t, err, want)
	}
	_, err := Parse("p98>5ms")
	require.ErrorContains(t, err, `unknown metric "p98"; the metrics are p50, p90, p99, `)
	for _, m := range All() {
		assert.ErrorContains(t, err, m.Name)
	}
}

func TestAConditionOnAMetricThatTheScenarioLacksIsAnError(t *testing.T) {
	c, err := Parse("p99>50ms")
	require.NoError(t, err)
	require.NoError(t, c.Check("fan-hot"))
	assert.EqualError(t, c.Check("idle"), "idle does not measure p99; its metrics are memory_per_connection, memory_slope, cpu_per_ping, cpu_per_connection")
}

func TestTheTextOfAConditionHasTheFigureAndTheBound(t *testing.T) {
	c, err := Parse("p99>49.9ms")
	require.NoError(t, err)
	assert.Equal(t, "p99 is 50.0 ms (p99>49.9ms)", c.Text(c.Judge(sound()).Value))
	failed := &bench.Result{Scenario: "fan-hot", Failures: []string{"1 deliveries lost"}}
	judged := c.Judge(failed)
	assert.Nil(t, judged.Value)
	assert.False(t, judged.Held)
	assert.Equal(t, "no p99 was measured, so p99>49.9ms could not be checked", c.Text(judged.Value))
	low := 1.0
	assert.Empty(t, c.Text(&low))
}

func FuzzAParsedConditionIsReadAgain(f *testing.F) {
	for _, text := range []string{"p99>50ms", "lost > 0", "memory<=1.5GiB", "held_back>=5%", "p99>", ">", "p99>5ms x", "p99>-0.5µs"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(c.String())
		require.NoError(t, err)
		require.Equal(t, c, again)
		bound, ok := c.Metric.Unit.in(c.Unit, c.Bound)
		require.True(t, ok)
		require.Equal(t, c.Op == ">=" || c.Op == "<=", c.Holds(bound))
	})
}
