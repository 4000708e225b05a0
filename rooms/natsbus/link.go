package natsbus

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
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
	conn    *nats.Conn
	inbox   string           // prefix of the subjects that replies come to
	logs    []chan *nats.Msg // of rooms; a room's come by one of them
	replies chan *nats.Msg   // of the stream
	beats   chan *nats.Msg
	asks    chan *nats.Msg

	requests []action // the sender's, for the subject that it serves

	renew  chan struct{} // has one where the stream is to be looked for
	ready  atomic.Bool   // it is there
	stream atomic.Pointer[jetstream.Stream]
}

// depth is how many messages wait in a channel; more are dropped, and read again.
const depth = 32 << 10

// How soon a broker that does not answer is taken for gone, and how often it is tried again.
const (
	brokerPing    = 2 * time.Second
	brokerRetry   = 250 * time.Millisecond
	brokerTimeout = 2 * time.Second
)

// connect begins to connect; it does not wait for it.
func (b *Bus) connect() (*link, error) {
	l := &link{renew: make(chan struct{}, 1), replies: make(chan *nats.Msg, depth), beats: make(chan *nats.Msg, 1024), asks: make(chan *nats.Msg, 1024)}
	for range runtime.GOMAXPROCS(0) {
		l.logs = append(l.logs, make(chan *nats.Msg, depth))
	}
	renewed := func(conn *nats.Conn) {
		b.most.Store(conn.MaxPayload() - headSize - 1024)
		l.renewed()
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
				b.log.Warn("the broker is gone", "error", err)
			}
		}),
		nats.ErrorHandler(b.onError),
	)
	if err != nil {
		return nil, fmt.Errorf("natsbus: %w", err)
	}
	l.conn, l.inbox = conn, nats.NewInbox()+"."
	for subject, ch := range map[string]chan *nats.Msg{l.inbox + ">": l.replies, beatSubject: l.beats, askSubject: l.asks} {
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
func (l *link) renewed() {
	select {
	case l.renew <- struct{}{}:
	default: // it is known
	}
}

// mostMessage is the largest message that the brokers take, in bytes.
func (b *Bus) mostMessage() int {
	if most := b.most.Load(); most > 0 {
		return int(most)
	}
	return 1<<20 - headSize - 1024 // as brokers have it by default
}

// onError is told of what came faster than it was handled, and was dropped.
func (b *Bus) onError(_ *nats.Conn, sub *nats.Subscription, err error) {
	if sub != nil && errors.Is(err, nats.ErrSlowConsumer) {
		b.counters[Dropped].Add(1)
		if room, _, ok := roomSubject(sub.Subject); ok {
			if s := b.subjects.find(room); s != nil {
				s.on(evCheck) // something was missed
				return
			}
		}
	}
	b.log.Warn("bus", "error", err)
}

// keepStream sees to it that the stream is there, each time the connection is a new one, until
// ctx ends.
func (b *Bus) keepStream(ctx context.Context, l *link) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.renew:
		}
		told := ""
		for ctx.Err() == nil && l.conn.IsConnected() {
			stream, err := b.makeStream(ctx, l)
			if err == nil {
				err = b.measure(ctx, l, stream)
			}
			if err == nil {
				b.found(l, stream)
				break
			}
			if err.Error() != told {
				told = err.Error()
				b.log.Warn("the stream is not there yet", "error", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(brokerRetry):
			}
		}
	}
}

// found notes that the stream is there. Where it is another than before, all rooms begin anew.
func (b *Bus) found(l *link, stream jetstream.Stream) {
	before := l.stream.Swap(&stream)
	if before != nil && !(*before).CachedInfo().Created.Equal(stream.CachedInfo().Created) {
		b.log.Error("the stream is another than before: all rooms begin anew")
		b.subjects.each(func(s *subject) { s.on(evAnew) })
	}
	if !l.ready.Swap(true) {
		b.joined.Store(int64(b.now()))
	}
}

// leastKept is the least time that the stream keeps what it has: by the last batch of a room
// its epoch goes on.
const leastKept = 2 * time.Minute

// kept is how long the stream keeps a batch.
func (c Config) kept() time.Duration {
	return max(leastKept, 2*time.Duration(c.History.Age)*time.Second)
}

// makeStream makes the stream, with three replicas where there are three brokers, or has it keep what
// this node is to.
func (b *Bus) makeStream(ctx context.Context, l *link) (jetstream.Stream, error) {
	js, err := jetstream.New(l.conn)
	if err != nil {
		return nil, err
	}
	want := jetstream.StreamConfig{
		Name: streamName, Subjects: []string{inPrefix + "*", probePrefix + "*"},
		Storage: jetstream.FileStorage, Replicas: 3, Discard: jetstream.DiscardOld,
		MaxAge: b.cfg.kept(), MaxMsgsPerSubject: int64(max(b.cfg.History.Bound(), 1)), MaxBytes: max(b.cfg.History.Memory, 16<<20),
		AllowDirect: true,
		RePublish:   &jetstream.RePublish{Source: inPrefix + "*", Destination: roomPrefix + "{{wildcard(1)}}." + kindLog},
	}
	stream, err := lookUpStream(ctx, js)
	ctx, cancel := context.WithTimeout(ctx, 2*brokerTimeout)
	defer cancel()
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = js.CreateStream(ctx, want)
		if alone := new(jetstream.APIError); errors.As(err, &alone) && alone.ErrorCode == codeNotClustered {
			want.Replicas = 1
			stream, err = js.CreateStream(ctx, want)
		}
	}
	if err != nil {
		return nil, err
	}
	is := stream.CachedInfo().Config
	if version := l.conn.ConnectedServerVersion(); is.Replicas > 1 && !serializes(version) {
		return nil, fmt.Errorf("natsbus: a cluster of brokers is to be of version %s or newer, not %s", leastCluster, version)
	}
	if is.MaxAge == want.MaxAge && is.MaxMsgsPerSubject == want.MaxMsgsPerSubject && is.MaxBytes == want.MaxBytes && is.RePublish != nil && is.AllowDirect {
		return stream, nil
	}
	is.MaxAge, is.MaxMsgsPerSubject, is.MaxBytes, is.RePublish, is.AllowDirect = want.MaxAge, want.MaxMsgsPerSubject, want.MaxBytes, want.RePublish, true
	return js.UpdateStream(ctx, is)
}

// leastCluster is the oldest version of brokers that may be several: those before it take two
// batches that are to follow the same one (nats-server issue 4320), or are to be a room's first,
// on some of them alone (pull request 5794).
const leastCluster = "2.10.19"

// serializes tells whether brokers of a version may be several.
func serializes(version string) bool {
	is, least := [3]int{}, [3]int{}
	_, err := fmt.Sscanf(version, "%d.%d.%d", &is[0], &is[1], &is[2])
	_, _ = fmt.Sscanf(leastCluster, "%d.%d.%d", &least[0], &least[1], &least[2]) // it is our own
	return err == nil && slices.Compare(is[:], least[:]) >= 0
}

// lookUpStream does not wait for long: brokers that have no leader just now do not answer.
func lookUpStream(ctx context.Context, js jetstream.JetStream) (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, brokerTimeout/2)
	defer cancel()
	return js.Stream(ctx, streamName)
}

// Error codes of JetStream.
const (
	codeNotClustered   = 10074 // it has no other brokers to replicate to
	codeWrongSequence  = 10071 // what was expected to be the subject's last is not
	codeWrongSequence2 = 10164 // the same, where it is not told which is
)

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
func (b *Bus) onReply(m *nats.Msg) {
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
			b.tookOne(a.Seq)
			if l := b.serving.Load(); a.Seq <= number && l != nil {
				l.renewed() // the stream may have gone back
			}
		}
		return
	}
	s := b.subjects.findID(id)
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

// tookOne notes that the stream has taken something, as number at.
func (b *Bus) tookOne(at uint64) {
	b.acked.Store(int64(b.now()))
	b.progress.reach(at)
}

// onRoom handles what comes of a room.
func (b *Bus) onRoom(m *nats.Msg) {
	room, kind, ok := roomSubject(m.Subject)
	if !ok {
		return
	}
	s := b.subjects.find(room)
	if s == nil {
		return
	}
	switch kind {
	case kindLog:
		s.onLog(m)
	case kindHere:
		s.onHere(m.Data)
	}
}
