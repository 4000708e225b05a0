package metric

import (
	"slices"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/observe"
)

// all has every metric, in the order of the manual.
var all = slices.Concat(deliveries, counts, serverUse, searches, idling, connecting)

// deliveries are figures of messages.
var deliveries = []*Metric{
	percentile("p50", "delivery latency, median", withMessages, atFixedRate, delivery, p50),
	percentile("p90", "delivery latency, 90th percentile", withMessages, nil, delivery, p90),
	percentile("p99", "delivery latency, 99th percentile", withMessages, atFixedRate, delivery, p99),
	percentile("p99.9", "delivery latency, 99.9th percentile", withMessages, nil, delivery, p999),
	percentile("max", "delivery latency, maximum", withMessages, nil, delivery, maximum),
	percentile("completion.p50", "latency of each message at its last member, median", withMessages, nil, completion, p50),
	percentile("completion.p99", "latency of each message at its last member, 99th percentile", withMessages, atFixedRate, completion, p99),
	percentile("completion.max", "latency of each message at its last member, maximum", withMessages, nil, completion, maximum),
	percentile("join.p50", "latency of a join, median", joining, nil, joins, p50),
	percentile("join.p99", "latency of a join, 99th percentile", joining, joining, joins, p99),
	{
		Name: "rate", Unit: perSecond, Higher: true, Meaning: "deliveries per second", in: withMessages,
		value: func(r *bench.Result) (float64, bool) { return r.Rate, true },
	},
}

// counts are figures that are 0 if the server delivered all messages once, in order and in time.
var counts = []*Metric{
	counter("lost", "deliveries lost", func(r *bench.Result) uint64 { return r.Lost }),
	counter("missing", "deliveries still missing at the end of the drain", func(r *bench.Result) uint64 { return r.Missing }),
	counter("duplicated", "deliveries duplicated", func(r *bench.Result) uint64 { return r.Duplicated }),
	counter("out_of_order", "deliveries out of order", func(r *bench.Result) uint64 { return r.OutOfOrder }),
	counter("refused", "messages not sent, because the sender was held back", func(r *bench.Result) uint64 { return r.Refused }),
	counter("ended", "connections that the server ended", func(r *bench.Result) uint64 { return r.Ended }),
	{
		Name: "held_back", Unit: percent, Meaning: "share of the messages that left late or not at all", in: withMessages,
		value: func(r *bench.Result) (float64, bool) {
			if r.HeldBack == nil {
				return 0, true
			}
			return 100 * r.HeldBack.ShareOfMessages, true
		},
	},
}

// serverUse are figures of the server's process, while messages are sent.
var serverUse = []*Metric{
	{
		Name: "cpu_per_delivery", Unit: micros, Meaning: "processor time of the server per delivery", in: withMessages,
		compared: withMessages, value: From(server, func(s *observe.ServerUse) float64 { return s.CPUPerDelivery }),
	},
	{
		Name: "cores", Unit: cores, Meaning: "processor use of the server", in: withMessages,
		value: From(server, func(s *observe.ServerUse) float64 { return s.Cores }),
	},
	{
		Name: "memory", Unit: bytes, Meaning: "largest resident memory of the server", in: withMessages,
		value: From(server, func(s *observe.ServerUse) float64 { return float64(s.RSSMax) }),
	},
	{
		Name: "memory_growth", Unit: bytes, Meaning: "growth of that memory since the first message", in: withMessages,
		compared: only("slow"), value: From(server, func(s *observe.ServerUse) float64 { return float64(s.RSSMax - s.RSSOpen) }),
	},
	{
		Name: "slow_closed", Unit: percent, Higher: true, Meaning: "share of the slow members that the server closed",
		in: only("slow"), compared: only("slow"), value: From((*bench.Result).Stopped, func(s *bench.SlowFigures) float64 { return 100 * float64(s.Ended) / float64(s.Members) }),
	},
}

// searches are figures of a search for the highest rate.
var searches = []*Metric{
	{
		Name: "sustained", Unit: perSecond, Higher: true, Meaning: "deliveries per second at the highest sustained rate",
		in: only("saturate"), compared: only("saturate"), value: From(saturated, func(s *bench.SaturateFigures) float64 { return s.Deliveries }),
	},
	{
		Name: "sustained_messages", Unit: perSecond, Higher: true, Meaning: "messages per second in each room at that rate",
		in: only("saturate"), value: From(saturated, func(s *bench.SaturateFigures) float64 { return s.Rate }),
	},
}

// idling are figures of idle connections: those of the last step, which has the most.
var idling = []*Metric{
	{
		Name: "memory_per_connection", Unit: bytes, Meaning: "memory of the server per idle connection", in: only("idle"),
		compared: only("idle"), value: From((*bench.Result).LastIdle, func(s *bench.IdleStep) float64 { return s.BytesPerConnection }),
	},
	{
		Name: "memory_slope", Unit: bytes, Meaning: "memory of one more idle connection", in: only("idle"),
		value: From(func(r *bench.Result) *bench.IdleFigures { return r.Idle }, func(f *bench.IdleFigures) float64 { return f.Slope }),
	},
	{
		Name: "cpu_per_ping", Unit: micros, Meaning: "processor time of the server per ping", in: only("idle"),
		compared: only("idle"), value: Positive(From((*bench.Result).LastPinged, func(s *bench.IdleStep) float64 { return s.CPUPerPing })),
	},
	{
		Name: "cpu_per_connection", Unit: micros, Meaning: "processor time of the server per idle connection and second",
		in: only("idle"), value: From((*bench.Result).LastIdle, func(s *bench.IdleStep) float64 { return s.CPUPerConnection }),
	},
}

// connecting are figures of connections that are opened.
var connecting = []*Metric{
	{
		Name: "upgrades", Unit: perSecond, Higher: true, Meaning: "upgrades per second in the storm", in: only("connect"),
		compared: only("connect"), value: From((*bench.Result).Storm, func(u *bench.Upgrades) float64 { return u.PerSecond }),
	},
	{
		Name: "cpu_per_upgrade", Unit: micros, Meaning: "processor time of the server per upgrade in the storm", in: only("connect"),
		compared: only("connect"), value: Positive(From((*bench.Result).Storm, perUpgrade)),
	},
	percentile("storm.p99", "latency of an upgrade in the storm, 99th percentile", only("connect"), nil, stormLatency, p99),
	percentile("steady.p50", "latency of an upgrade in the steady part, median", only("connect"), nil, steadyLatency, p50),
	percentile("steady.p99", "latency of an upgrade in the steady part, 99th percentile", only("connect"), only("connect"), steadyLatency, p99),
	{
		Name: "steady.cpu_per_upgrade", Unit: micros, Meaning: "processor time of the server per upgrade and close in the steady part",
		in: only("connect"), value: Positive(From((*bench.Result).Steady, perUpgrade)),
	},
	{
		Name: "cpu_per_join", Unit: micros, Meaning: "processor time of the server per user that joined", in: only("presence"),
		compared: only("presence"), value: Positive(From(func(r *bench.Result) *bench.PresenceFigures { return r.Presence }, func(f *bench.PresenceFigures) float64 { return f.CPUPerJoin })),
	},
}

var joining = only("zipf", "churn", "hour", "presence")

func percentile(name, meaning string, in, compared scenarios, part func(*bench.Result) *latency.Percentiles, field func(*latency.Percentiles) float64) *Metric {
	return &Metric{Name: name, Unit: millis, Meaning: meaning, in: in, compared: compared, value: From(part, field)}
}

func counter(name, meaning string, field func(*bench.Result) uint64) *Metric {
	return &Metric{
		Name: name, Unit: count, Meaning: meaning, in: withMessages,
		value: func(r *bench.Result) (float64, bool) { return float64(field(r)), true },
	}
}
