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

	up       atomic.Bool   // messages are taken
	acked    atomic.Int64  // when the stream last took something: a moment
	joined   atomic.Int64  // when the connection that there is was ready: a moment
	most     atomic.Int64  // the largest message that the brokers take, in bytes
	ids      atomic.Uint64 // given to subjects
	counters counters
	progress progress
	sends    sender

	beaten moment // owned by tick: when the others were shown that this node is there

	mu       sync.Mutex
	subjects map[string]*subject // by room
	byID     map[uint64]*subject
	nodes    map[uint64]*node // other nodes, and those that were
	heal     heal             // another node was away
	met      bool             // another node is new: it is to be shown that this one is there
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
	return &Bus{
		cfg: cfg, node: rand.Uint64(), began: time.Now(), log: cfg.Logger,
		sends: newSender(), subjects: map[string]*subject{}, byID: map[uint64]*subject{}, nodes: map[uint64]*node{},
	}, nil
}

// Up tells whether messages are taken.
func (b *Bus) Up() bool { return b.up.Load() }

// Serve is the node until ctx ends, for the rooms of hub. It connects, and where the brokers are
// away tries again until they are there. name is what others know the node by. It is called
// once.
func (b *Bus) Serve(ctx context.Context, hub *rooms.Hub, name string) error {
	b.hub, b.name = hub, name
	l, err := b.connect()
	if err != nil {
		return err
	}
	b.serving.Store(l)
	var running sync.WaitGroup
	for _, ch := range l.logs {
		running.Go(func() { b.hear(ctx, ch, b.onRoom) })
	}
	running.Go(func() { b.hear(ctx, l.replies, b.onReply) })
	running.Go(func() { b.hear(ctx, l.beats, b.onBeat) })
	running.Go(func() { b.hear(ctx, l.asks, b.onQuestion) })
	running.Go(func() { b.keepStream(ctx, l) })
	running.Go(func() { b.send(ctx, l) })
	b.tick(ctx, l)
	running.Wait()
	b.setUp(false)
	b.leave(l)
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
		b.each(func(s *subject) { waiting = waiting || s.hasProposal() })
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
func (b *Bus) hear(ctx context.Context, from <-chan *nats.Msg, handle func(m *nats.Msg)) {
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
		b.log.Info("the bus is there", "node", nodeName(b.node))
		b.each((*subject).verify)
		return
	}
	b.counters[Downs].Add(1)
	b.log.Warn("the bus is away: no messages are taken", "node", nodeName(b.node))
	b.each(func(s *subject) { s.on(evAway) })
}

// each calls f for every subject, with no lock held.
func (b *Bus) each(f func(s *subject)) {
	b.mu.Lock()
	all := make([]*subject, 0, len(b.subjects))
	for _, s := range b.subjects {
		all = append(all, s)
	}
	b.mu.Unlock()
	for _, s := range all {
		f(s)
	}
}

// subject returns a room's subject, a new one where there is none.
func (b *Bus) subject(room string) *subject {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.subjects[room]
	if s == nil {
		s = newSubject(b, room)
		b.subjects[s.room] = s
		b.byID[s.id] = s
	}
	s.users++ // until done
	return s
}

// done ends what subject began. A subject that nobody uses is dropped by a tick.
func (b *Bus) done(s *subject) {
	b.mu.Lock()
	s.users--
	b.mu.Unlock()
}

// find returns a room's subject; nil where there is none.
func (b *Bus) find(room string) *subject {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.subjects[room]
}

// Publish is for rooms.Bus.
func (b *Bus) Publish(room string, body []byte, to rooms.Receipt) {
	if err := b.mayPublish(body); err != nil {
		if to != nil {
			to.Published(0, 0, err)
		}
		return
	}
	s := b.subject(room)
	defer b.done(s)
	s.publish(body, to)
}

// mayPublish returns why a message is refused; nil if it is not.
func (b *Bus) mayPublish(body []byte) error {
	switch {
	case !b.Up():
		return rooms.ErrBus
	case len(body) > b.mostMessage():
		return ErrTooLarge
	}
	return nil
}

// Follow is for rooms.Bus.
func (b *Bus) Follow(ctx context.Context, room string, begin func(epoch rooms.Epoch) *rooms.Room) (unfollow func(), err error) {
	if !b.Up() {
		return nil, rooms.ErrBus
	}
	s := b.subject(room)
	defer b.done(s)
	return s.follow(ctx, begin)
}

// Reach is for rooms.Bus.
func (b *Bus) Reach(ctx context.Context, room string, since rooms.Since) error {
	s := b.find(room)
	if s == nil || !b.Up() {
		return rooms.ErrBus
	}
	s.reach(ctx, since)
	return nil
}
