package engine

import (
	"sync/atomic"

	"plenum/codec/frame"
)

// Refusal is why a handshake was refused, or a connection closed for what its
// peer did. Its String is the label of a metric.
type Refusal uint8

// The reasons, each with the HTTP status or close code that the peer sees.
const (
	RefusedRequest    Refusal = iota // 400, 431 and the like: the head could not be read
	RefusedTimeout                   // 408, none where nothing came: the head did not come in time
	RefusedMethod                    // 405
	RefusedHandshake                 // 400: not the handshake of RFC 6455 section 4.2.1
	RefusedNotUpgrade                // 426: a plain request
	RefusedVersion                   // 426
	RefusedOrigin                    // 403
	RefusedFull                      // 503
	RefusedClient                    // 429: too many connections from its address
	RefusedBusy                      // 503: Config.Busy
	RefusedHalfOpen                  // nothing: the oldest of too many half-open handshakes
	RefusedStopping                  // 503
	RefusedTLS                       // an alert: not TLS, or none that is accepted
	RefusedHijack                    // 500 or 503: the socket could not be had, or was had already
	BadMask                          // 1002: an unmasked frame
	BadReserved                      // 1002: a reserved bit
	BadOpcode                        // 1002
	BadLength                        // 1002: a malformed length
	BadControl                       // 1002: a control frame too long or in fragments
	BadSequence                      // 1002: a continuation of nothing, or a message within a message
	BadClose                         // 1002: a close frame of one byte or with a forbidden code
	BadUTF8                          // 1007
	BadDeflate                       // 1007: what is not deflate data
	BadExtension                     // 1007: a message that another extension cannot decode
	TooBig                           // 1009
	TooFast                          // 1008: RateMessages, RateBytes
	TooSlow                          // 1013: the backlog's bound
	Silent                           // 1011: no answer to a ping
	Panicked                         // 1011: the handler panicked
	refusals
)

var refusalNames = [refusals]string{
	"bad_request", "handshake_timeout", "method", "handshake", "not_upgrade", "version",
	"origin", "full", "address", "busy", "half_open", "stopping", "tls", "hijack", "unmasked", "reserved_bits", "opcode",
	"length", "control_frame", "fragment_sequence", "close_frame", "utf8", "deflate", "extension", "too_big",
	"too_fast", "too_slow", "ping_timeout", "panic",
}

// String is the reason in snake_case.
func (r Refusal) String() string { return refusalNames[r] }

// close is the close frame for r.
func (r Refusal) close() (code int, reason string) {
	switch r {
	case BadUTF8:
		return frame.CloseInvalidData, "invalid UTF-8"
	case BadDeflate:
		return frame.CloseInvalidData, "invalid compressed data"
	case BadExtension:
		return frame.CloseInvalidData, "invalid extension data"
	case TooBig:
		return frame.CloseTooBig, "message too big"
	case TooFast:
		return frame.ClosePolicy, "Rate limit"
	case TooSlow:
		return frame.CloseTryAgain, "Too slow"
	case Silent:
		return frame.CloseInternal, "Ping timeout"
	case Panicked:
		return frame.CloseInternal, "Internal error"
	}
	return frame.CloseProtocolError, "protocol error"
}

// stats are counters since the start; each is atomic.
type stats struct {
	upgrades, streams   atomic.Uint64
	pings               atomic.Uint64
	messagesIn, bytesIn atomic.Uint64
	stalls              atomic.Uint64
	refused             [refusals]atomic.Uint64
	closed              closeCounts
}

// Stats is a snapshot of an Engine's gauges and counters.
type Stats struct {
	Conns    int    // open now
	MaxConns int    // the bound on Conns
	Upgrades uint64 // handshakes answered 101
	Streams  uint64 // requests answered with a Stream
	Pings    uint64 // sent by the heartbeat

	MessagesIn, BytesIn uint64 // data messages and their payload bytes
	Stalls              uint64 // writes that the socket did not take whole
	AcceptsFailed       uint64 // accepts that failed, as for want of a descriptor
	AcceptsDelayed      uint64 // accepts that AcceptRate put off

	Refused map[Refusal]uint64 // by reason, those that happened
	Closed  map[int]uint64     // ended connections by close code; 1006: without one, 1005: a Stream that its client has left
}

// Stats reads the counters; each is exact, together they are not one moment.
func (e *Engine) Stats() Stats {
	s := &e.stats
	snap := Stats{
		Conns: e.conns.len(), MaxConns: e.cfg.MaxConns,
		Upgrades: s.upgrades.Load(), Streams: s.streams.Load(), Pings: s.pings.Load(),
		MessagesIn: s.messagesIn.Load(), BytesIn: s.bytesIn.Load(),
		Stalls: s.stalls.Load(), AcceptsFailed: e.accept.Failed(), AcceptsDelayed: e.accept.Delayed(),
		Refused: map[Refusal]uint64{},
		Closed:  s.closed.snapshot(),
	}
	for r := range s.refused {
		if n := s.refused[r].Load(); n > 0 {
			snap.Refused[Refusal(r)] = n
		}
	}
	return snap
}

// closeCounts counts ended connections by close code: the codes of the protocol
// each on their own, the 1,000 of libraries and applications as 3000 and 4000.
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

func (n *closeCounts) snapshot() map[int]uint64 {
	m := map[int]uint64{}
	put := func(code int, c *atomic.Uint64) {
		if v := c.Load(); v > 0 {
			m[code] = v
		}
	}
	for i := range n.standard {
		put(1000+i, &n.standard[i])
	}
	put(3000, &n.library)
	put(4000, &n.application)
	return m
}
