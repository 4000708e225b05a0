package report

import "plenum/bench"

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
	deliveryP50   = figure{"delivery p50, ms", lower, from(delivery, p50)}
	deliveryP99   = figure{"delivery p99, ms", lower, from(delivery, p99)}
	completionP99 = figure{"completion p99, ms", lower, from(completion, p99)}
	joinP99       = figure{"join p99, ms", lower, from(joining, p99)}
	deliveryRate  = figure{"deliveries/s", higher, from(sending, rateOf)}

	deliveryCPU = figure{"server CPU per delivery, µs", lower, from(server, perDelivery)}
	serverCores = figure{"server cores", lower, from(server, coresOf)}
	growth      = figure{"server memory growth, MB", lower, from(server, grown)}
)

// Figures of single scenarios.
var (
	heldMessages = figure{"messages held back, %", lower, from(heldBack, messagesHeldBack)}
	heldTime     = figure{"time held back, %", lower, from(heldBack, timeHeldBack)}

	heldDeliveries = figure{"deliveries/s sustained", higher, from(saturated, deliveriesHeld)}
	heldRate       = figure{"messages/s", higher, from(saturated, rateHeld)}
	slowEnded      = figure{"slow members closed, %", lower, from((*bench.Result).Stopped, endedPart)}

	idleCount = figure{"connections", higher, from((*bench.Result).LastIdle, connectionsOf)}
	idleBytes = figure{"bytes per connection", lower, from((*bench.Result).LastIdle, bytesEach)}
	idleSlope = figure{"bytes per further connection", lower, from(line, slopeOf)}
	pingCPU   = figure{"server CPU per ping, µs", lower, from((*bench.Result).LastPinged, perPing)}
	idleCPU   = figure{"server CPU per connection and second, µs", lower, from((*bench.Result).LastIdle, perSecond)}

	stormRate   = figure{"storm upgrades/s", higher, from((*bench.Result).Storm, upgradeRate)}
	stormCPU    = figure{"server CPU per upgrade, µs", lower, from((*bench.Result).Storm, perUpgrade)}
	stormServer = figure{"storm server cores", lower, from((*bench.Result).Storm, upgradeCores)}
	stormClient = figure{"storm client cores", lower, from((*bench.Result).Storm, clientCores)}
	steadyCPU   = figure{"steady server CPU per upgrade, µs", lower, from((*bench.Result).Steady, perUpgrade)}
	steadyP50   = figure{"steady p50, ms", lower, from(steady, p50)}
	steadyP99   = figure{"steady p99, ms", lower, from(steady, p99)}
)
