package natsbus

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// link is the connection to the brokers, with the channels of its subscriptions. Many subscriptions share one
// channel, so none has a goroutine of its own.
type link struct {
	bus          *Bus
	conn         *nats.Conn
	inbox        string           // prefix of the subjects for replies
	roomChannels []chan *nats.Msg // of rooms; all messages of one room use the same channel
	replies      chan *nats.Msg   // of the stream and its leader
	beats        chan *nats.Msg
	questions    chan *nats.Msg

	requests []action // of the subject that is being served; owned by the sender
}

// channelSize is the number of messages that may wait in a channel of rooms or replies. NATS drops further
// messages; batches among them are read again.
const channelSize = 32 << 10

// Intervals and timeouts of the connection. A broker that does not answer two pings is given up.
const (
	brokerPing    = 2 * time.Second
	brokerRetry   = 250 * time.Millisecond
	brokerTimeout = 2 * time.Second
)

// connect starts to connect. It does not wait for the connection.
func connect(b *Bus) (*link, error) {
	l := &link{bus: b, replies: make(chan *nats.Msg, channelSize), beats: make(chan *nats.Msg, 1024), questions: make(chan *nats.Msg, 1024)}
	for range runtime.GOMAXPROCS(0) {
		l.roomChannels = append(l.roomChannels, make(chan *nats.Msg, channelSize))
	}
	renewed := func(conn *nats.Conn) {
		b.maxMessage.Store(conn.MaxPayload() - headSize - 1024)
		for _, s := range b.streams {
			s.request()
		}
	}
	var logged time.Time // when ReconnectErrHandler last logged; nats calls all handlers on one goroutine
	conn, err := nats.Connect(b.cfg.URL,
		nats.Name("plenum "+b.name), nats.Timeout(brokerTimeout), nats.PingInterval(brokerPing), nats.MaxPingsOutstanding(2),
		nats.MaxReconnects(-1), nats.ReconnectWait(brokerRetry), nats.ReconnectJitter(brokerRetry, brokerRetry), nats.RetryOnFailedConnect(true),
		nats.ReconnectBufSize(-1), nats.FlusherTimeout(brokerTimeout), nats.ReconnectOnFlusherError(),
		nats.ConnectHandler(renewed), nats.ReconnectHandler(renewed),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			for _, s := range b.streams {
				s.ready.Store(false)
			}
			b.setDown()
			if err != nil {
				b.log.Warn("nats: connection to a broker lost, reconnecting", "error", err)
			}
		}),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) {
			if now := time.Now(); now.Sub(logged) >= warnEvery {
				logged = now
				b.log.Warn("nats: connecting to the brokers failed, retrying: check --cluster and the brokers", "error", err)
			}
		}),
		nats.ClosedHandler(func(conn *nats.Conn) { // Serve removes it before it closes conn
			b.log.Error("nats: connection given up, restart this node after correcting --cluster or the brokers", "error", conn.LastError())
		}),
		nats.ErrorHandler(l.onError), nats.InProcessServer(b.cfg.Broker),
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

// reply returns the subject for a reply to a request. It contains the kind of the reply, the id of a subject or the number of a
// stream, and the request's number.
func (l *link) reply(kind byte, id, number uint64) string {
	b := make([]byte, 0, len(l.inbox)+48)
	b = append(append(b, l.inbox...), kind, '.')
	b = append(strconv.AppendUint(b, id, 36), '.')
	return string(strconv.AppendUint(b, number, 36))
}

// Kinds of replies.
const (
	ackKind    = 'a'
	readKind   = 'r'
	probeKind  = 'p' // of a stream; its number is progress.high at the time of sending
	leaderKind = 'l'
	infoKind   = 'i' // of a stream, without a number
)

// onReply handles a reply of the stream or of its leader.
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
	switch kind {
	case probeKind:
		l.onProbe(id, number, parseAck(m))
		return
	case infoKind:
		l.onMeasured(id, m.Data)
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

// onProbe handles the answer of a stream to a probe. When it was sent, high was the largest number seen.
func (l *link) onProbe(stream, high uint64, a ack) {
	if !a.ok() || stream >= uint64(len(l.bus.streams)) {
		return
	}
	s := l.bus.streams[stream]
	if s.progress.take(a.Seq, l.bus.now()); a.Seq <= high {
		s.request() // the stream may have gone back
	}
}

// onError handles an asynchronous error of the connection. The usual one: messages arrived faster than they
// were handled, and NATS dropped some. Then the room is checked for missed batches.
func (l *link) onError(_ *nats.Conn, sub *nats.Subscription, err error) {
	if sub != nil && errors.Is(err, nats.ErrSlowConsumer) {
		l.bus.counters[Dropped].Add(1)
		if room, _, ok := roomSubject(sub.Subject); ok {
			if s := l.bus.subjects.find(room); s != nil {
				s.on(evCheck)
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

// onRoom handles a message to a room's subject: a batch or a report. alone means that no other one waits.
func (l *link) onRoom(m *nats.Msg, alone bool) {
	room, kind, ok := roomSubject(m.Subject)
	if !ok {
		return
	}
	s := l.bus.subjects.find(room)
	if s == nil {
		return
	}
	switch kind {
	case kindBatch:
		s.onBatch(m, alone)
	case kindPresence:
		s.onReport(m.Data)
	}
}
