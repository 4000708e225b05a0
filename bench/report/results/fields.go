package results

import (
	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/observe"
)

// Megabyte is the unit of memory in tables.
const Megabyte = 1e6

// P50 returns the median of a run's latencies, in ms.
func P50(p *latency.Percentiles) float64 { return p.P50 }
func p99(p *latency.Percentiles) float64 { return p.P99 }

func rateOf(r *bench.Result) float64 { return r.Rate }

func perDelivery(s *observe.ServerUse) float64 { return s.CPUPerDelivery }
func coresOf(s *observe.ServerUse) float64     { return s.Cores }

func grown(s *observe.ServerUse) float64 { return float64(s.RSSMax-s.RSSOpen) / Megabyte }

func deliveriesHeld(s *bench.SaturateFigures) float64 { return s.Deliveries }
func rateHeld(s *bench.SaturateFigures) float64       { return s.Rate }

func connectionsOf(s *bench.IdleStep) float64 { return float64(s.Connections) }
func bytesEach(s *bench.IdleStep) float64     { return s.BytesPerConnection }
func perPing(s *bench.IdleStep) float64       { return s.CPUPerPing }
func perSecond(s *bench.IdleStep) float64     { return s.CPUPerConnection }

func upgradeRate(u *bench.Upgrades) float64  { return u.PerSecond }
func perUpgrade(u *bench.Upgrades) float64   { return u.CPUPerUpgrade }
func upgradeCores(u *bench.Upgrades) float64 { return u.Server }
func clientCores(u *bench.Upgrades) float64  { return u.Generator }

func endedStalls(s *bench.SlowFigures) float64 { return 100 * float64(s.Ended) / float64(s.Stalls) }

func endedPart(s *bench.SlowFigures) float64 { return 100 * float64(s.Ended) / float64(s.Members) }

func delivery(r *bench.Result) *latency.Percentiles    { return r.Delivery }
func Completion(r *bench.Result) *latency.Percentiles  { return r.Completion }
func ServerOf(r *bench.Result) *observe.ServerUse      { return r.Server }
func saturated(r *bench.Result) *bench.SaturateFigures { return r.Saturate }

func heldBack(r *bench.Result) *bench.HeldBackFigures { return r.HeldBack }

func messagesHeldBack(f *bench.HeldBackFigures) float64 { return 100 * f.ShareOfMessages }
func timeHeldBack(f *bench.HeldBackFigures) float64     { return 100 * f.ShareOfTime }

func sending(r *bench.Result) *bench.Result {
	if r.Sent == 0 {
		return nil
	}
	return r
}

// stalled returns the slow members of a run if they read again after each stall, else nil.
func stalled(r *bench.Result) *bench.SlowFigures {
	if s := r.Stopped(); s != nil && s.Stalls > 0 {
		return s
	}
	return nil
}

func joining(r *bench.Result) *latency.Percentiles {
	if r.Churn == nil {
		return nil
	}
	return r.Churn.JoinMs
}

func steady(r *bench.Result) *latency.Percentiles {
	if u := r.Steady(); u != nil {
		return u.Ms
	}
	return nil
}
