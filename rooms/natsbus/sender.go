package natsbus

import (
	"context"
	"strconv"
	"sync"

	"github.com/bytedance/sonic"
	"github.com/nats-io/nats.go"
)

// sender is the subjects that have something to say to the brokers. One goroutine says it: to
// write to a connection may wait for the network, and nobody else does.
type sender struct {
	wake chan struct{} // has one where there is something

	mu   sync.Mutex
	list []*subject
}

func newSender() sender { return sender{wake: make(chan struct{}, 1)} }

// push has s be looked at. s.mu may be held.
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
	default: // it is awake
	}
}

// take returns what there is, in a slice that is given in for the next ones.
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

// send is the sender, until ctx ends.
func (b *Bus) send(ctx context.Context, l *link) {
	var list []*subject
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.sends.wake:
		}
		list = b.sends.take(list)
		for _, s := range list {
			s.send(l)
		}
	}
}

// send says what s has to say. The sender alone calls it.
func (s *subject) send(l *link) {
	s.mu.Lock()
	followed, sub := s.followed(), s.sub
	s.mu.Unlock()
	switch {
	case followed && sub == nil:
		s.subscribe(l)
	case !followed && sub != nil:
		_ = sub.Unsubscribe() // where it fails the connection is gone, and it with it
		s.setSub(nil)
	}
	if !l.ready.Load() {
		return // restart does, once it is
	}
	s.sendRead(l)
	s.sendQuestion(l)
	s.sendFlight(l)
	s.sendPresence(l)
}

func (s *subject) subscribe(l *link) {
	sub, err := l.conn.ChanSubscribe(roomPrefix+s.token+".*", l.logs[s.id%uint64(len(l.logs))])
	if err != nil {
		s.bus.log.Error("bus", "room", s.room, "error", err)
		return
	}
	s.setSub(sub)
}

func (s *subject) setSub(sub *nats.Subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sub = sub
}

const directGet = "$JS.API.DIRECT.GET." + streamName

func (s *subject) sendRead(l *link) {
	s.mu.Lock()
	if !s.toRead || s.reading != 0 {
		s.mu.Unlock()
		return
	}
	request := s.ask(s.bus.now())
	number := s.reading
	s.mu.Unlock()
	body, err := sonic.Marshal(request)
	if err == nil {
		err = l.conn.PublishRequest(directGet, l.reply(readKind, s, number), body)
	}
	if err != nil {
		s.mu.Lock()
		s.readLater()
		s.mu.Unlock()
	}
}

func (s *subject) sendFlight(l *link) {
	s.mu.Lock()
	if !s.takesOff(s.bus.now()) {
		s.mu.Unlock()
		return
	}
	f := s.try(s.bus.now())
	m := &nats.Msg{
		Subject: inPrefix + s.token, Reply: l.reply(ackKind, s, f.number), Data: f.data,
		Header: nats.Header{nats.ExpectedLastSubjSeqHdr: {strconv.FormatUint(f.expects, 10)}},
	}
	s.mu.Unlock()
	_ = l.conn.PublishMsg(m) // where it fails there is no answer, and the pulse tries again
}
