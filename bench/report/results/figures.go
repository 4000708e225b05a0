package results

import (
	"cmp"

	"plenum/bench"
	"plenum/bench/metric"
)

// Figure is a column of a table: a number that a run may have measured.
type Figure struct {
	Title string
	Best  Direction
	Value func(*bench.Result) (v float64, ok bool)
}

// Direction says whether lower or higher figures are better.
type Direction bool

const (
	Lower  Direction = false
	Higher Direction = true
)

// Better reports whether a is better than b.
func (d Direction) Better(a, b float64) bool {
	if d == Higher {
		return a > b
	}
	return a < b
}

// Compare returns -1 if a is better than b, 1 if it is worse, and 0 if they are equal. It sorts the best first.
func (d Direction) Compare(a, b float64) int {
	if d == Higher {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}

// Figures of runs in which messages are sent.
var (
	DeliveryP50   = Figure{"delivery p50, ms", Lower, metric.From(delivery, P50)}
	DeliveryP99   = Figure{"delivery p99, ms", Lower, metric.From(delivery, p99)}
	CompletionP99 = Figure{"completion p99, ms", Lower, metric.From(Completion, p99)}
	joinP99       = Figure{"join p99, ms", Lower, metric.From(joining, p99)}
	DeliveryRate  = Figure{"deliveries/s", Higher, metric.From(sending, rateOf)}

	DeliveryCPU = Figure{"server CPU per delivery, µs", Lower, metric.From(ServerOf, perDelivery)}
	ServerCores = Figure{"server cores", Lower, metric.From(ServerOf, coresOf)}
	Growth      = Figure{"server memory growth, MB", Lower, metric.From(ServerOf, grown)}
)

// Figures of single scenarios.
var (
	HeldMessages = Figure{"messages held back, %", Lower, metric.From(heldBack, messagesHeldBack)}
	HeldTime     = Figure{"time held back, %", Lower, metric.From(heldBack, timeHeldBack)}

	HeldDeliveries = Figure{"deliveries/s sustained", Higher, metric.From(saturated, deliveriesHeld)}
	heldRate       = Figure{"messages/s", Higher, metric.From(saturated, rateHeld)}
	slowEnded      = Figure{"slow members closed, %", Lower, metric.From((*bench.Result).Stopped, endedPart)}
	stallsEnded    = Figure{"stalls that ended in a close, %", Lower, metric.From(stalled, endedStalls)}

	IdleCount = Figure{"connections", Higher, metric.From((*bench.Result).LastIdle, connectionsOf)}
	IdleBytes = Figure{"bytes per connection", Lower, metric.From((*bench.Result).LastIdle, bytesEach)}
	PingCPU   = Figure{"server CPU per ping, µs", Lower, metric.Positive(metric.From((*bench.Result).LastPinged, perPing))}
	IdleCPU   = Figure{"server CPU per connection and second, µs", Lower, metric.From((*bench.Result).LastIdle, perSecond)}

	StormRate   = Figure{"storm upgrades/s", Higher, metric.From((*bench.Result).Storm, upgradeRate)}
	StormCPU    = Figure{"server CPU per upgrade, µs", Lower, metric.Positive(metric.From((*bench.Result).Storm, perUpgrade))}
	stormServer = Figure{"storm server cores", Lower, metric.Positive(metric.From((*bench.Result).Storm, upgradeCores))}
	stormClient = Figure{"storm client cores", Lower, metric.From((*bench.Result).Storm, clientCores)}
	SteadyCPU   = Figure{"steady server CPU per open and close, µs", Lower, metric.Positive(metric.From((*bench.Result).Steady, perUpgrade))}
	steadyP50   = Figure{"steady p50, ms", Lower, metric.From(steady, P50)}
	steadyP99   = Figure{"steady p99, ms", Lower, metric.From(steady, p99)}
)
