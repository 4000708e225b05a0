package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"plenum/bench/drive"
)

// liveMetric is a metric of --prometheus.
type liveMetric struct {
	name, help string
	labels     []string
	counter    bool // otherwise a gauge
	value      func(f drive.Live) float64
}

// with returns the metric with a value, and with the values of its labels.
func (m *liveMetric) with(value float64, labels ...string) prometheus.Metric {
	kind := prometheus.GaugeValue
	if m.counter {
		kind = prometheus.CounterValue
	}
	return prometheus.MustNewConstMetric(prometheus.NewDesc(m.name, m.help, m.labels, nil), kind, value, labels...)
}

// constant returns the metric with the value 1 and with labels that do not change during the run.
func (m *liveMetric) constant(labels prometheus.Labels) prometheus.Metric {
	return prometheus.MustNewConstMetric(prometheus.NewDesc(m.name, m.help, nil, labels), prometheus.GaugeValue, 1)
}

var (
	runInfo = &liveMetric{
		name: "plenum_bench_run_info",
		help: "Always 1. The labels have the scenario, and its options by their keys in the result.",
	}
	phaseInfo = &liveMetric{
		name: "plenum_bench_phase", labels: []string{"phase"},
		help: "Always 1. The label phase has what the run does now, such as measuring.",
	}
	latencySeconds = &liveMetric{
		name: "plenum_bench_latency_seconds", labels: []string{"quantile"},
		help: "Latency of deliveries so far, without the warm-up, by quantile. Of connect the latency of upgrades, of presence that of joins.",
	}
)

// liveMetrics are the metrics with one value and no labels.
var liveMetrics = []*liveMetric{
	{
		name: "plenum_bench_connections", help: "Connections that are open.",
		value: func(f drive.Live) float64 { return float64(f.Connections) },
	},
	{
		name: "plenum_bench_due_total", help: "Messages due by the schedule. Of connect upgrades, of presence subscriptions.", counter: true,
		value: func(f drive.Live) float64 { return float64(f.Due) },
	},
	{
		name: "plenum_bench_sent_total", help: "Messages sent. In connect: upgrades done. In presence: subscriptions sent.", counter: true,
		value: func(f drive.Live) float64 { return float64(f.Sent) },
	},
	{
		name: "plenum_bench_not_sent_total", help: "Due messages that could not be sent. In connect: upgrades that failed.", counter: true,
		value: func(f drive.Live) float64 { return float64(f.NotSent) },
	},
	{
		name: "plenum_bench_received_total", help: "Deliveries: messages at members. In presence: lists of users.", counter: true,
		value: func(f drive.Live) float64 { return float64(f.Delivered) },
	},
	{
		name: "plenum_bench_send_lag_seconds", help: "The largest time by which a message of the last second left too late.",
		value: func(f drive.Live) float64 { return f.Lag.Seconds() },
	},
	{
		name: "plenum_bench_cpu_seconds_total", help: "Processor time of the generator, of all its processes.", counter: true,
		value: func(f drive.Live) float64 { return f.CPU.Seconds() },
	},
}
