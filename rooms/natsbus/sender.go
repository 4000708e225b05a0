package natsbus

import (
	"context"
	"strconv"
	"sync"

	"github.com/bytedance/sonic"
	"github.com/nats-io/nats.go"
)

// sender is the queue of subjects that have something to send to the brokers. Only the sender's goroutine,
// link.send, writes to the connection for subjects, because a write may wait for the network.
type sender struct {
	wake chan struct{} // has an element if list is not empty

	mu   sync.Mutex
	list []*subject
}

func newSender() sender { return sender{wake: make(chan struct{}, 1)} }

// push adds s to the queue, unless it is there. s.mu may be held.
func (q *sender) push(s *subject) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if s.toSend {
		return
	}
	s.toSend = true
	if q.list = append(q.list, s); len(q.list) > 1 {
		return
	}
	select {
	case q.wake <- struct{}{}:
	default: // already awake
	}
}

// take returns the queued subjects, and empties the queue. It reuses spare for the next subjects; the caller
// owns the result until it passes it as spare.
func (q *sender) take(spare []*subject) []*subject {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.list
	for _, s := range list {
		s.toSend = false
	}
	clear(spare)
	q.list = spare[:0]
	return list
}

// send is the sender's goroutine. It runs until ctx ends.
func (l *link) send(ctx context.Context) {
	sends := &l.bus.sends
	var list []*subject
	for {
		select {
		case <-ctx.Done():
			return
		case <-sends.wake:
		}
		list = sends.take(list)
		for _, s := range list {
			l.serve(s)
		}
	}
}

// serve subscribes or unsubscribes s, and sends its requests and its report. Only send calls it.
func (l *link) serve(s *subject) {
	s.mu.Lock()
	followed, sub := s.state.followed(), s.sub
	s.mu.Unlock()
	switch {
	case followed && sub == nil:
		l.subscribe(s)
	case !followed && sub != nil:
		_ = sub.Unsubscribe() // fails only if the connection is closed, and the subscription with it
		s.mu.Lock()
		s.sub = nil
		s.mu.Unlock()
	}
	if !s.stream.ready.Load() {
		return // when the stream is found, verify pushes s again
	}
	l.requests = s.requests(l.requests[:0])
	for i := range l.requests {
		l.request(s, &l.requests[i])
	}
	clear(l.requests)
	if report := s.nextReport(); report != nil {
		_ = l.conn.Publish(s.stream.rooms+s.token+"."+kindPresence, report)
	}
}

func (l *link) subscribe(s *subject) {
	sub, err := l.conn.ChanSubscribe(s.stream.rooms+s.token+".*", l.roomChannels[s.id%uint64(len(l.roomChannels))])
	if err != nil {
		s.bus.log.Error("nats: subscribing to a room failed, retrying", "room", loggedName(s.room), "error", err)
		return
	}
	s.mu.Lock()
	s.sub = sub
	s.mu.Unlock()
}

// requests steps the state with evSend, and appends the resulting requests to to: at most a read, an inquiry
// and a proposal.
func (s *subject) requests(to []action) []action {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := event{kind: evSend, subscribed: s.sub != nil, stream: s.stream.progress.view()}
	s.clock(&e)
	actions := s.state.step(&e)
	to = append(to, actions...)
	clear(actions)
	return to
}

// request sends a request of s to the brokers.
func (l *link) request(s *subject, r *action) {
	switch r.kind {
	case actRead:
		s.bus.counters[Reads].Add(1)
		if l.get(s.stream.direct, l.reply(readKind, s.id, r.number), r.request) != nil {
			s.handle(&event{kind: evReadFailed, number: r.number})
		}
	case actAsk:
		s.bus.counters[Reads].Add(1)
		_ = l.get(s.stream.leader, l.reply(leaderKind, s.id, r.number), r.request) // after a failure the tick asks again
	case actPublish:
		m := &nats.Msg{
			Subject: s.state.subject, Data: r.data,
			Header: nats.Header{nats.ExpectedLastSubjSeqHdr: {strconv.FormatUint(r.expects, 10)}},
		}
		if r.asks {
			m.Reply = l.reply(ackKind, s.id, r.number)
		}
		_ = l.conn.PublishMsg(m) // after a failure there is no answer, and the tick retries
	}
}

// get sends r to subject. The answers arrive at reply.
func (l *link) get(subject, reply string, r readRequest) error {
	body, err := sonic.Marshal(r)
	if err != nil {
		return err
	}
	return l.conn.PublishRequest(subject, reply, body)
}
