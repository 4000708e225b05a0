package report

import (
	"plenum/bench"
	"plenum/bench/metric"
)

// figure is a column of a table: a number that a run may have measured.
type figure struct {
	title string
	best  direction
	value func(*bench.Result) (v float64, ok bool)
}

// direction says whether lower or higher figures are better.
type direction bool

const (
	lower  direction = false
	higher direction = true
)

// better reports whether a is better than b.
func (d direction) better(a, b float64) bool {
	if d == higher {
		return a > b
	}
	return a < b
}

// Figures of runs in which messages are sent.
var (
	deliveryP50   = figure{"delivery p50, ms", lower, metric.From(delivery, p50)}
	deliveryP99   = figure{"delivery p99, ms", lower, metric.From(delivery, p99)}
	completionP99 = figure{"completion p99, ms", lower, metric.From(completion, p99)}
	joinP99       = figure{"join p99, ms", lower, metric.From(joining, p99)}
	deliveryRate  = figure{"deliveries/s", higher, metric.From(sending, rateOf)}

	deliveryCPU = figure{"server CPU per delivery, µs", lower, metric.From(server, perDelivery)}
	serverCores = figure{"server cores", lower, metric.From(server, coresOf)}
	growth      = figure{"server memory growth, MB", lower, metric.From(server, grown)}
)

// Figures of single scenarios.
var (
	heldMessages = figure{"messages held back, %", lower, metric.From(heldBack, messagesHeldBack)}
	heldTime     = figure{"time held back, %", lower, metric.From(heldBack, timeHeldBack)}

	heldDeliveries = figure{"deliveries/s sustained", higher, metric.From(saturated, deliveriesHeld)}
	heldRate       = figure{"messages/s", higher, metric.From(saturated, rateHeld)}
	slowEnded      = figure{"slow members closed, %", lower, metric.From((*bench.Result).Stopped, endedPart)}

	idleCount = figure{"connections", higher, metric.From((*bench.Result).LastIdle, connectionsOf)}
	idleBytes = figure{"bytes per connection", lower, metric.From((*bench.Result).LastIdle, bytesEach)}
	idleSlope = figure{"bytes per further connection", lower, metric.From(line, slopeOf)}
	pingCPU   = figure{"server CPU per ping, µs", lower, metric.From((*bench.Result).LastPinged, perPing)}
	idleCPU   = figure{"server CPU per connection and second, µs", lower, metric.From((*bench.Result).LastIdle, perSecond)}

	stormRate   = figure{"storm upgrades/s", higher, metric.From((*bench.Result).Storm, upgradeRate)}
	stormCPU    = figure{"server CPU per upgrade, µs", lower, metric.From((*bench.Result).Storm, perUpgrade)}
	stormServer = figure{"storm server cores", lower, metric.From((*bench.Result).Storm, upgradeCores)}
	stormClient = figure{"storm client cores", lower, metric.From((*bench.Result).Storm, clientCores)}
	steadyCPU   = figure{"steady server CPU per upgrade, µs", lower, metric.From((*bench.Result).Steady, perUpgrade)}
	steadyP50   = figure{"steady p50, ms", lower, metric.From(steady, p50)}
	steadyP99   = figure{"steady p99, ms", lower, metric.From(steady, p99)}
)
