package natsbus

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"plenum/rooms"
)

// Config says how a Bus works.
type Config struct {
	// URL is where the brokers are, as nats.Connect takes it: nats://host:port, several
	// separated by commas; tls:// where they speak TLS.
	URL string
	// History is what the stream keeps: as many batches of a room as its history may have messages
	// and announcements together, for twice the Age and two minutes at least, Memory bytes in all.
	// It must be the same on all nodes.
	History rooms.History
	// Status returns what other nodes are told of this one when they ask. Default: nothing.
	Status func() []byte
	// Logger is told of the bus coming and going. Default: slog.Default.
	Logger *slog.Logger
}

// Bus is a node's part in a cluster. Make it with New; it is a rooms.Bus.
type Bus struct {
	// Set at creation.
	cfg   Config
	node  uint64 // random
	began time.Time
	log   *slog.Logger

	// Set by Serve before it says so.
	hub     *rooms.Hub
	name    string
	serving atomic.Pointer[link]

	up         atomic.Bool  // messages are taken
	maxMessage atomic.Int64 // the largest message that the brokers take, in bytes
	counters   counters
	progress   progress
	sends      sender

	mu       sync.Mutex // guards what is in subjects and nodes
	subjects registry
	nodes    nodes
}

// moment is a time since Bus.began.
type moment = time.Duration

func (b *Bus) now() moment { return time.Since(b.began) + 1 }

// New makes a node. Serve connects it.
func New(cfg Config) (*Bus, error) {
	if cfg.URL == "" {
		return nil, errors.New("natsbus: no URL")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	b := &Bus{cfg: cfg, node: rand.Uint64(), began: time.Now(), log: cfg.Logger, sends: newSender()}
	b.subjects, b.nodes = newRegistry(&b.mu), newNodes(&b.mu, b.node)
	return b, nil
}

// Up tells whether messages are taken.
func (b *Bus) Up() bool { return b.up.Load() }

// Serve is the node until ctx ends, for the rooms of hub. It connects, and where the brokers are
// away tries again until they are there. name is what others know the node by. It is called
// once.
func (b *Bus) Serve(ctx context.Context, hub *rooms.Hub, name string) error {
	b.hub, b.name = hub, name
	l, err := connect(b)
	if err != nil {
		return err
	}
	b.serving.Store(l)
	var running sync.WaitGroup
	for _, ch := range l.logs {
		running.Go(func() { handleAll(ctx, ch, l.onRoom) })
	}
	running.Go(func() { handleAll(ctx, l.replies, l.onReply) })
	running.Go(func() { handleAll(ctx, l.beats, func(m *nats.Msg) { b.nodes.onBeat(m, b.now()) }) })
	running.Go(func() { handleAll(ctx, l.questions, b.Directory().onQuestion) })
	running.Go(func() { l.maintainStream(ctx) })
	running.Go(func() { l.send(ctx) })
	(&ticks{bus: b, link: l}).run(ctx)
	running.Wait()
	b.setUp(false)
	b.nodes.leave(l.conn)
	l.conn.Close()
	return nil
}

// flushEvery is how often Flush looks.
const flushEvery = 5 * time.Millisecond

// Flush waits until the stream has taken what was published, or ctx ends.
func (b *Bus) Flush(ctx context.Context) {
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	for b.Up() && ctx.Err() == nil {
		waiting := false
		b.subjects.each(func(s *subject) { waiting = waiting || s.hasProposal() })
		if !waiting {
			return
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// hear handles what comes until ctx ends.
func handleAll(ctx context.Context, from <-chan *nats.Msg, handle func(m *nats.Msg)) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-from:
			handle(m)
		}
	}
}

// setUp notes whether messages are taken; where not any more, those that wait are refused.
func (b *Bus) setUp(up bool) {
	if b.up.Swap(up) == up {
		return
	}
	if up {
		b.log.Info("nats: brokers available, messages are published", "node", nodeName(b.node))
		b.subjects.each((*subject).verify)
		return
	}
	b.counters[Downs].Add(1)
	b.log.Warn("nats: brokers unavailable, publishing refused until they return", "node", nodeName(b.node))
	b.subjects.each(func(s *subject) { s.on(evBusAway) })
}

// Publish is for rooms.Bus.
func (b *Bus) Publish(room string, body []byte, to rooms.Receipt) {
	if err := b.mayPublish(body); err != nil {
		if to != nil {
			to.Published(0, 0, err)
		}
		return
	}
	s := b.subjects.acquire(b, room)
	defer b.subjects.release(s)
	s.handle(&event{kind: evPublish, body: body, receipt: to, maxMessage: b.maxMessageSize()})
}

// mayPublish returns why a message is refused; nil if it is not.
func (b *Bus) mayPublish(body []byte) error {
	switch {
	case !b.Up():
		return rooms.ErrBus
	case len(body) > b.maxMessageSize():
		return ErrTooLarge
	}
	return nil
}

// mostMessage is the largest message that the brokers take, in bytes.
func (b *Bus) maxMessageSize() int {
	if most := b.maxMessage.Load(); most > 0 {
		return int(most)
	}
	return 1<<20 - headSize - 1024 // as brokers have it by default
}

// Follow is for rooms.Bus.
func (b *Bus) Follow(ctx context.Context, room string, begin func(epoch rooms.Epoch) *rooms.Room) (unfollow func(), err error) {
	if !b.Up() {
		return nil, rooms.ErrBus
	}
	s := b.subjects.acquire(b, room)
	defer b.subjects.release(s)
	return s.follow(ctx, begin)
}

// Reach is for rooms.Bus.
func (b *Bus) Reach(ctx context.Context, room string, since rooms.Since) error {
	s := b.subjects.find(room)
	if s == nil || !b.Up() {
		return rooms.ErrBus
	}
	s.reach(ctx, since)
	return nil
}
