package webhook

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// queueEvents and queueBytes bound the events that wait per hook, including those of a request on its way.
	queueEvents = 1 << 14
	queueBytes  = 8 << 20
	// batchEvents and batchBytes bound a request. One event more may be in it than batchBytes allows.
	batchEvents = 100
	batchBytes  = 256 << 10

	// firstWait is the wait before a request is repeated. Each further wait is twice as long, up to longestWait.
	firstWait   = time.Second
	longestWait = 30 * time.Second
	// keepFor is the age of its newest event at which a batch is given up.
	keepFor = 5 * time.Minute
)

// queue holds the events that wait for one hook. One goroutine, run, sends them.
type queue struct {
	// Set at creation.
	sender *Sender
	ctx    context.Context    // of run
	cancel context.CancelFunc // ends run at once

	events chan *Event          // written with Sender.mu held for reading, closed with it held
	hook   atomic.Pointer[Hook] // the current one; its App and URL never change

	started bool // run is running, or was; guarded by Sender.mu

	// Atomic.
	queued, bytes atomic.Int64 // of the events that wait
	removed       atomic.Bool  // the hook was removed

	// Owned by run.
	wait    time.Duration // before the next repeated request
	failing bool          // the last request was not taken
	losing  bool          // a batch was given up after the last one that the receiver has taken
}

// put adds an event, or drops it if the queue is full.
func (q *queue) put(e *Event) {
	if q.queued.Load() >= queueEvents || q.bytes.Load()+e.size() > queueBytes {
		q.sender.counters.dropped[Full].Add(1)
		return
	}
	q.count(1, e.size())
	select {
	case q.events <- e:
	default: // other goroutines have filled it meanwhile
		q.count(-1, -e.size())
		q.sender.counters.dropped[Full].Add(1)
	}
}

// count counts events that wait.
func (q *queue) count(events, bytes int64) {
	q.queued.Add(events)
	q.bytes.Add(bytes)
	q.sender.counters.add(QueuedEvents, events)
	q.sender.counters.add(QueuedBytes, bytes)
}

// run sends the events until the queue is closed and empty. When its context has ended, it drops them.
func (q *queue) run() {
	defer q.cancel()
	for {
		b := q.next()
		if len(b.events) == 0 {
			break
		}
		q.deliver(b)
		q.count(-int64(len(b.events)), -b.bytes)
	}
	if q.failing {
		q.sender.counters.add(FailingHooks, -1)
	}
}

// next waits for an event, and returns it with those that have come since. The batch is empty if the queue is closed.
func (q *queue) next() (b batch) {
	e, open := <-q.events
	for open {
		b.add(e)
		if b.isFull() {
			return b
		}
		select {
		case e, open = <-q.events:
		default:
			return b
		}
	}
	return b
}

// deliver posts the batch until the receiver takes it, or until it is given up.
func (q *queue) deliver(b batch) {
	body := b.encode(time.Now().UnixMilli())
	for {
		switch {
		case q.ctx.Err() != nil:
			q.drop(b, q.endReason())
			return
		case time.Now().UnixMilli()-b.newest >= keepFor.Milliseconds():
			q.logLoss(len(b.events))
			q.drop(b, Expired)
			return
		}
		stopping := q.isStopping()
		err := q.post(body)
		q.note(err)
		if err == nil {
			q.sender.counters.add(SentEvents, int64(len(b.events)))
			return
		}
		if stopping {
			q.cancel() // the receiver would take no other batch either
			continue
		}
		q.pause()
	}
}

// pause waits before a repeated request. A stop of the Sender ends the wait.
func (q *queue) pause() {
	timer := time.NewTimer(q.wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-q.ctx.Done():
	case <-q.sender.stopping:
	}
	q.wait = min(2*q.wait, longestWait)
}

func (q *queue) isStopping() bool {
	select {
	case <-q.sender.stopping:
		return true
	default:
		return false
	}
}

func (q *queue) drop(b batch, why Reason) {
	q.sender.counters.dropped[why].Add(uint64(len(b.events)))
}

// endReason is the reason of drops after the context of run has ended.
func (q *queue) endReason() Reason {
	if q.removed.Load() {
		return Removed
	}
	return Stopped
}

// note counts a request and its result. It logs when the receiver begins to fail, and when it takes events again.
func (q *queue) note(err error) {
	counts, log, h := &q.sender.counters, q.sender.log, q.hook.Load()
	counts.add(Requests, 1)
	if err != nil {
		counts.add(FailedRequests, 1)
	}
	switch {
	case err != nil && !q.failing:
		q.failing = true
		counts.add(FailingHooks, 1)
		log.Warn("webhook: events not taken by the receiver, they are sent again for five minutes: look at the receiver", "app", h.App, "url", Origin(h.URL), "error", err)
	case err == nil && q.failing:
		q.failing, q.losing = false, false
		counts.add(FailingHooks, -1)
		log.Info("webhook: receiver takes events again", "app", h.App, "url", Origin(h.URL))
	}
	if err == nil {
		q.wait = firstWait
	}
}

// logLoss logs that events were given up, once until the receiver takes events again.
func (q *queue) logLoss(events int) {
	if q.losing {
		return
	}
	q.losing = true
	h := q.hook.Load()
	q.sender.log.Error("webhook: events dropped, the receiver has not taken them for five minutes; further drops are only counted", "app", h.App, "url", Origin(h.URL), "events", events)
}
