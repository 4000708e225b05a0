package metric

import (
	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/observe"
)

// From returns a function that reads a field of a part of a result. The function returns false if
// the result lacks the part.
func From[T any](part func(*bench.Result) *T, field func(*T) float64) func(*bench.Result) (float64, bool) {
	return func(r *bench.Result) (float64, bool) {
		p := part(r)
		if p == nil {
			return 0, false
		}
		return field(p), true
	}
}

// Positive is a function like those of From that returns false for 0. It is for figures of a server whose process may be
// unknown: its processor time is 0 then.
func Positive(value func(*bench.Result) (float64, bool)) func(*bench.Result) (float64, bool) {
	return func(r *bench.Result) (v float64, ok bool) {
		v, ok = value(r)
		return v, ok && v > 0
	}
}

func p50(p *latency.Percentiles) float64     { return p.P50 }
func p90(p *latency.Percentiles) float64     { return p.P90 }
func p99(p *latency.Percentiles) float64     { return p.P99 }
func p999(p *latency.Percentiles) float64    { return p.P999 }
func maximum(p *latency.Percentiles) float64 { return p.Max }

func delivery(r *bench.Result) *latency.Percentiles    { return r.Delivery }
func completion(r *bench.Result) *latency.Percentiles  { return r.Completion }
func server(r *bench.Result) *observe.ServerUse        { return r.Server }
func saturated(r *bench.Result) *bench.SaturateFigures { return r.Saturate }

func joins(r *bench.Result) *latency.Percentiles {
	switch {
	case r.Churn != nil:
		return r.Churn.JoinMs
	case r.Presence != nil:
		return r.Presence.JoinMs
	}
	return nil
}

func stormLatency(r *bench.Result) *latency.Percentiles  { return ofUpgrades(r.Storm()) }
func steadyLatency(r *bench.Result) *latency.Percentiles { return ofUpgrades(r.Steady()) }

func ofUpgrades(u *bench.Upgrades) *latency.Percentiles {
	if u == nil {
		return nil
	}
	return u.Ms
}

func perUpgrade(u *bench.Upgrades) float64 { return u.CPUPerUpgrade }
