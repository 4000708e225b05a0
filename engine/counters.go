package engine

import "sync/atomic"

// Counter identifies one counter or gauge of an Engine. It is an index into Stats.Counts and Counters.
type Counter uint8

// The counters and gauges. Counters describes each of them.
const (
	Connections Counter = iota
	MaxConnections
	Upgrades
	Streams
	AcceptFailures
	AcceptDelays
	Pings
	ReceivedMessages
	ReceivedBytes
	Stalls
	numCounters
)

// Definition describes a counter.
type Definition struct {
	Metric string // name on /metrics, without the prefix
	Key    string // name in /status; empty: not shown there
	Gauge  bool   // a current value, not a count since the start
	Help   string
}

// Counters is the table of all counters and gauges, in the order in which they are shown.
var Counters = [numCounters]Definition{
	Connections:      {"connections", "connections", true, "WebSockets and event streams that are open now."},
	MaxConnections:   {"connections_max", "connections_max", true, "Maximum number of open WebSockets and event streams."},
	Upgrades:         {"upgrades_total", "upgrades", false, "WebSocket handshakes that succeeded."},
	Streams:          {"streams_total", "", false, "Requests answered with an event stream (server-sent events)."},
	AcceptFailures:   {"accept_failures_total", "", false, "Connections that could not be accepted, for example because the process had no free file descriptor."},
	AcceptDelays:     {"accept_delays_total", "", false, "Connections that waited because of the accept rate."},
	Pings:            {"pings_total", "", false, "Pings sent to silent clients."},
	ReceivedMessages: {"received_messages_total", "", false, "Messages received from clients."},
	ReceivedBytes:    {"received_bytes_total", "", false, "Bytes of messages received from clients, after decompression."},
	Stalls:           {"stalls_total", "", false, "Writes that were cut short because the send buffer of the socket was full."},
}

// counters holds the counters that the engine itself counts, separately for each poller. The gauges and the counters of
// package accept stay 0 here: Stats reads them from their owners.
type counters []pollerCounters

// pollerCounters are the counters of one poller's connections. Hot code adds to them directly. Usually the poller does so,
// but any goroutine may.
type pollerCounters struct {
	counts [numCounters]atomic.Int64
	closed closeCounts
	_      [64]byte // the next poller's counters are in other cache lines
}

// counters returns the counters of the connection's poller.
func (c *Conn) counters() *pollerCounters {
	return &c.engine.counters[c.engine.pollers.of(c.socket.nb)]
}

// load returns the sum of all pollers' counters.
func (n counters) load(which Counter) (sum int64) {
	for i := range n {
		sum += n[i].counts[which].Load()
	}
	return sum
}

// closed returns the sum of all pollers' counters of closed connections.
func (n counters) closed() map[int]uint64 {
	m := map[int]uint64{}
	for i := range n {
		n[i].closed.addTo(m)
	}
	return m
}

// Stats is a snapshot of an Engine's counters and gauges.
type Stats struct {
	Counts  [numCounters]int64
	Refused map[Refusal]uint64 // refusals by reason; a reason that is missing has not occurred. Calls of Conn.Close are not refusals
	Closed  map[int]uint64     // closed connections by the code that OnClose got; 3000: 3000 to 3999, 4000: 4000 to 4999
}

// Stats reads the counters. Each value is exact, but the values are not read at the same instant.
func (e *Engine) Stats() Stats {
	s := Stats{Refused: map[Refusal]uint64{}, Closed: e.counters.closed()}
	for c := range s.Counts {
		s.Counts[c] = e.counters.load(Counter(c))
	}
	s.Counts[Connections], s.Counts[MaxConnections] = int64(e.conns.len()), int64(e.cfg.MaxConns)
	s.Counts[AcceptFailures], s.Counts[AcceptDelays] = int64(e.accept.Failed()), int64(e.accept.Delayed())
	for r := range e.refused {
		if n := e.refused[r].Load(); n > 0 {
			s.Refused[Refusal(r)] = n
		}
	}
	return s
}

// closeCounts counts closed connections by close code. Each code of the protocol has a counter of its own. The codes of
// libraries are counted together as 3000, and those of applications as 4000.
type closeCounts struct {
	standard    [16]atomic.Uint64 // 1000 to 1015
	library     atomic.Uint64     // 3000 to 3999
	application atomic.Uint64     // 4000 to 4999
}

func (n *closeCounts) add(code int) {
	switch {
	case code >= 4000:
		n.application.Add(1)
	case code >= 3000:
		n.library.Add(1)
	default:
		n.standard[(code-1000)&15].Add(1)
	}
}

// addTo adds the counters that are not 0 to m.
func (n *closeCounts) addTo(m map[int]uint64) {
	put := func(code int, c *atomic.Uint64) {
		if v := c.Load(); v > 0 {
			m[code] += v
		}
	}
	for i := range n.standard {
		put(1000+i, &n.standard[i])
	}
	put(3000, &n.library)
	put(4000, &n.application)
}
