package natsbus

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// link is the connection to the brokers, and what comes by it. No subscription has a goroutine
// of its own: many share a channel.
type link struct {
	bus       *Bus
	conn      *nats.Conn
	inbox     string           // prefix of the subjects that replies come to
	logs      []chan *nats.Msg // of rooms; a room's come by one of them
	replies   chan *nats.Msg   // of the stream
	beats     chan *nats.Msg
	questions chan *nats.Msg

	requests []action // the sender's, for the subject that it serves

	streamWanted chan struct{} // has one where the stream is to be looked for
	ready        atomic.Bool   // it is there
	stream       atomic.Pointer[jetstream.Stream]
}

// depth is how many messages wait in a channel; more are dropped, and read again.
const channelSize = 32 << 10

// How soon a broker that does not answer is taken for gone, and how often it is tried again.
const (
	brokerPing    = 2 * time.Second
	brokerRetry   = 250 * time.Millisecond
	brokerTimeout = 2 * time.Second
)

// connect begins to connect; it does not wait for it.
func connect(b *Bus) (*link, error) {
	l := &link{bus: b, streamWanted: make(chan struct{}, 1), replies: make(chan *nats.Msg, channelSize), beats: make(chan *nats.Msg, 1024), questions: make(chan *nats.Msg, 1024)}
	for range runtime.GOMAXPROCS(0) {
		l.logs = append(l.logs, make(chan *nats.Msg, channelSize))
	}
	renewed := func(conn *nats.Conn) {
		b.maxMessage.Store(conn.MaxPayload() - headSize - 1024)
		l.requestStream()
	}
	conn, err := nats.Connect(b.cfg.URL,
		nats.Name("plenum "+b.name), nats.Timeout(brokerTimeout), nats.PingInterval(brokerPing), nats.MaxPingsOutstanding(2),
		nats.MaxReconnects(-1), nats.ReconnectWait(brokerRetry), nats.ReconnectJitter(brokerRetry, brokerRetry), nats.RetryOnFailedConnect(true),
		nats.ReconnectBufSize(-1), nats.FlusherTimeout(brokerTimeout), nats.ReconnectOnFlusherError(),
		nats.ConnectHandler(renewed), nats.ReconnectHandler(renewed),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			l.ready.Store(false)
			b.setUp(false)
			if err != nil {
				b.log.Warn("nats: connection to a broker lost, reconnecting", "error", err)
			}
		}),
		nats.ErrorHandler(l.onError),
	)
	if err != nil {
		return nil, fmt.Errorf("natsbus: %w", err)
	}
	l.conn, l.inbox = conn, nats.NewInbox()+"."
	for subject, ch := range map[string]chan *nats.Msg{l.inbox + ">": l.replies, beatSubject: l.beats, askSubject: l.questions} {
		if _, err := conn.ChanSubscribe(subject, ch); err != nil {
			conn.Close()
			return nil, fmt.Errorf("natsbus: %w", err)
		}
	}
	if conn.IsConnected() {
		renewed(conn)
	}
	return l, nil
}

// renewed has the stream be looked for.
func (l *link) requestStream() {
	select {
	case l.streamWanted <- struct{}{}:
	default: // it is known
	}
}

// reply is a subject that a reply about s comes to: of a kind, and with the number that it is of.
func (l *link) reply(kind byte, s *subject, number uint64) string {
	b := make([]byte, 0, len(l.inbox)+48)
	b = append(append(b, l.inbox...), kind, '.')
	b = append(strconv.AppendUint(b, s.id, 36), '.')
	return string(strconv.AppendUint(b, number, 36))
}

// Kinds of replies.
const (
	ackKind    = 'a'
	readKind   = 'r'
	probeKind  = 'p' // its number is progress.high when it was sent
	leaderKind = 'l'
)

// onReply handles what the stream says.
func (l *link) onReply(m *nats.Msg) {
	parts := strings.Split(m.Subject, ".")
	n := len(parts)
	if n < 3 {
		return
	}
	id, err1 := strconv.ParseUint(parts[n-2], 36, 64)
	number, err2 := strconv.ParseUint(parts[n-1], 36, 64)
	if err1 != nil || err2 != nil || len(parts[n-3]) != 1 {
		return
	}
	kind := parts[n-3][0]
	if kind == probeKind {
		if a := parseAck(m); a.ok() {
			l.bus.progress.take(a.Seq, l.bus.now())
			if a.Seq <= number {
				l.requestStream() // the stream may have gone back
			}
		}
		return
	}
	s := l.bus.subjects.findID(id)
	if s == nil {
		return
	}
	if kind == ackKind {
		s.onAck(number, parseAck(m))
		return
	}
	if kind == leaderKind {
		s.onLeader(number, m)
		return
	}
	s.onRead(number, m)
}

// onError is told of what came faster than it was handled, and was dropped.
func (l *link) onError(_ *nats.Conn, sub *nats.Subscription, err error) {
	if sub != nil && errors.Is(err, nats.ErrSlowConsumer) {
		l.bus.counters[Dropped].Add(1)
		if room, _, ok := roomSubject(sub.Subject); ok {
			if s := l.bus.subjects.find(room); s != nil {
				s.on(evCheck) // something was missed
				return
			}
		}
	}
	subject := ""
	if sub != nil {
		subject = sub.Subject
	}
	l.bus.log.Warn("nats: client library reported an error: check permissions on the brokers and the load of this node", "subject", subject, "error", err)
}

// onRoom handles what comes of a room.
func (l *link) onRoom(m *nats.Msg) {
	room, kind, ok := roomSubject(m.Subject)
	if !ok {
		return
	}
	s := l.bus.subjects.find(room)
	if s == nil {
		return
	}
	switch kind {
	case kindLog:
		s.onBatch(m)
	case kindPresence:
		s.onReport(m.Data)
	}
}
