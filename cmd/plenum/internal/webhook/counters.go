package webhook

import "sync/atomic"

// Definition describes how a counter is shown on /metrics and in /status.
type Definition struct {
	Metric string // name on /metrics, without a prefix
	Key    string // name in /status; empty if it is not shown there
	Gauge  bool   // a current value, not a count since the start
	Help   string
}

// Counter is one of the counters and gauges of a Sender: an index of Stats.Counts and of Counters.
type Counter uint8

// The counters and gauges. Counters describes them.
const (
	QueuedEvents Counter = iota
	QueuedBytes
	FailingHooks
	SentEvents
	Requests
	FailedRequests
	numCounters
)

// Counters is the table of all counters and gauges, in the order in which they are shown.
var Counters = [numCounters]Definition{
	QueuedEvents:   {"queued_events", "", true, "Events that wait now, including those of requests on their way."},
	QueuedBytes:    {"queued_bytes", "", true, "Memory that these events take, about."},
	FailingHooks:   {"failing_hooks", "", true, "Webhooks whose last request was not taken by the receiver."},
	SentEvents:     {"sent_events_total", "", false, "Events that a receiver has taken."},
	Requests:       {"requests_total", "", false, "Requests to receivers, including repeated ones."},
	FailedRequests: {"failed_requests_total", "", false, "Requests that the receiver did not take: no connection, no answer within ten seconds, or a status that is not from 200 to 299."},
}

// Reason is the reason why an event was dropped: an index of Stats.Dropped and of Reasons.
type Reason uint8

// The reasons. Reasons describes them.
const (
	Full Reason = iota
	Expired
	Removed
	Stopped
	numReasons
)

// Reasons is the table of all reasons, with the label of each on /metrics.
var Reasons = [numReasons]struct{ Label, Help string }{
	Full:    {"full", "Too many events of the app waited already."},
	Expired: {"expired", "The receiver did not take the event for five minutes."},
	Removed: {"removed", "The webhook was removed by a reload, or its URL was changed."},
	Stopped: {"stopped", "The server stopped before the receiver took the event."},
}

// Stats are the values of the counters and gauges.
type Stats struct {
	Counts  [numCounters]int64
	Dropped [numReasons]uint64 // events by reason
}

type counters struct {
	counts  [numCounters]atomic.Int64
	dropped [numReasons]atomic.Uint64
}

// Stats returns the values of the counters and gauges.
func (s *Sender) Stats() (now Stats) {
	for i := range now.Counts {
		now.Counts[i] = s.counters.counts[i].Load()
	}
	for i := range now.Dropped {
		now.Dropped[i] = s.counters.dropped[i].Load()
	}
	return now
}

func (c *counters) add(which Counter, n int64) { c.counts[which].Add(n) }
