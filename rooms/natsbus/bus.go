package natsbus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"plenum/rooms"
)

// Config configures a Bus.
type Config struct {
	// URL has the brokers' addresses, as nats.Connect takes them: nats://host:port, or tls://host:port if they
	// use TLS. Several are separated by commas.
	URL string
	// Broker is a broker in this process, to be used instead of URL.
	Broker Broker
	// LostUpTo is the sequence number of the stream up to which messages may have been lost; 0: none were. A room
	// whose last batch is not after it starts again with a new epoch when it is opened.
	LostUpTo uint64
	// History sets the bounds of the stream. The stream keeps as many batches per room as the history may have
	// messages and announcements together. It keeps them for twice History.Age, at least for two minutes, and
	// within History.Memory bytes, at least 16 MiB, for all rooms. It must be the same on all nodes.
	History rooms.History
	// Streams is the number of streams that share the rooms, at most 64, and 1 with Broker. It must be the same on all
	// nodes. With another number all rooms begin new epochs: the Bus does not become up while the streams of another
	// number have messages. Default: 1.
	Streams int
	// Status returns this node's status, in JSON, for Nodes on all nodes. It may be called by any goroutine.
	// Default: no status.
	Status func() []byte
	// Logger logs failures, and when the bus goes away and returns. Default: slog.Default.
	Logger *slog.Logger
}

// Broker is a broker in this process. Its methods may be called from any goroutine.
type Broker interface {
	InProcessConn() (net.Conn, error)
	// Full reports whether the broker cannot store messages now. Then the bus is away.
	Full() bool
}

// Bus connects a node to the brokers. Each hub uses a Share of it. New creates it, and Serve runs it. Its methods may
// be called from any goroutine.
type Bus struct {
	// Set at creation.
	cfg     Config
	node    uint64 // random
	began   time.Time
	log     *slog.Logger
	streams []*stream

	// Set by Share.Attach before Serve.
	shares []*Share

	// Set by Serve before serving is set.
	name    string
	serving atomic.Pointer[link]

	changing   sync.Mutex   // held while the streams' up change
	notUp      atomic.Int64 // moment of the last check that found the bus away before it became up
	maxMessage atomic.Int64 // bytes of the largest message that the brokers take; 0: not known yet
	warned     atomic.Int64 // moment of the last log line about a room that this node started again
	counters   counters
	sends      sender

	mu       sync.Mutex // guards the contents of subjects and nodes
	subjects registry
	nodes    nodes
}

// moment is the time since Bus.began. It is never 0, so that 0 can stand for no time.
type moment = time.Duration

func (b *Bus) now() moment { return time.Since(b.began) + 1 }

// New creates a Bus for a node. It connects to nothing; Serve does.
func New(cfg Config) (*Bus, error) {
	if cfg.URL == "" && cfg.Broker == nil {
		return nil, errors.New("natsbus: Config.URL is empty")
	}
	if cfg.Streams < 0 || cfg.Streams > maxStreams || cfg.Streams > 1 && cfg.Broker != nil {
		return nil, fmt.Errorf("natsbus: Config.Streams is %d, want 1 to %d, and 1 with Config.Broker", cfg.Streams, maxStreams)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	b := &Bus{cfg: cfg, node: rand.Uint64(), began: time.Now(), log: cfg.Logger, sends: newSender(), streams: newStreams(max(cfg.Streams, 1))}
	b.streams[0].progress.rollbackSeenAt.Store(cfg.LostUpTo)
	b.subjects, b.nodes = newRegistry(&b.mu), newNodes(&b.mu, b.node, len(b.streams))
	return b, nil
}

// Serve runs the node until ctx ends, for the hubs of its shares. It connects to the brokers, and retries while
// they cannot be reached. It returns an error if it cannot start, for example because the URL is invalid. name is
// the node's name for Nodes on all nodes. Serve may be called once.
func (b *Bus) Serve(ctx context.Context, name string) error {
	b.name = name
	l, err := connect(b)
	if err != nil {
		return err
	}
	b.serving.Store(l)
	var running sync.WaitGroup
	for _, ch := range l.roomChannels {
		running.Go(func() { handleAll(ctx, ch, func(m *nats.Msg) { l.onRoom(m, len(ch) == 0) }) })
	}
	running.Go(func() { handleAll(ctx, l.replies, l.onReply) })
	running.Go(func() { handleAll(ctx, l.beats, func(m *nats.Msg) { b.nodes.onBeat(m, b.now()) }) })
	running.Go(func() { handleAll(ctx, l.questions, b.onQuestion) })
	for _, s := range b.streams {
		running.Go(func() { l.maintainStream(ctx, s) })
	}
	running.Go(func() { l.send(ctx) })
	newTicks(l).run(ctx)
	running.Wait()
	for _, s := range b.streams {
		s.up.Store(false) // setUp would warn of an outage
	}
	b.refuseWaiting()
	b.nodes.leave(l.conn)
	l.conn.SetClosedHandler(nil)
	l.conn.Close()
	return nil
}

// flushEvery is the interval at which Flush checks.
const flushEvery = 5 * time.Millisecond

// Flush waits until the streams have answered all messages that this node has published. It returns earlier if ctx
// ends. It does not wait for a stream that is away.
func (b *Bus) Flush(ctx context.Context) {
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	for b.Up() && ctx.Err() == nil {
		waiting := false
		b.subjects.each(func(s *subject) { waiting = waiting || s.stream.up.Load() && s.hasUnanswered() })
		if !waiting {
			return
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// handleAll handles the messages of a channel until ctx ends.
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

// refuseWaiting refuses the messages that wait, because the bus is away.
func (b *Bus) refuseWaiting() { b.subjects.each(func(s *subject) { s.on(evBusAway) }) }

// publish is Share.Publish. room is the bus's name of the room.
func (b *Bus) publish(room string, body []byte, to rooms.Receipt) {
	if err := b.mayPublish(room, body); err != nil {
		if to != nil {
			to.Published(0, 0, err)
		}
		return
	}
	s := b.subjects.acquire(b, room)
	defer b.subjects.release(s)
	s.handle(&event{kind: evPublish, body: body, receipt: to, maxMessage: b.maxMessageSize()})
}

// mayPublish returns an error if body has to be refused: rooms.ErrBus or ErrTooLarge.
func (b *Bus) mayPublish(room string, body []byte) error {
	switch {
	case !b.isUp(room):
		return rooms.ErrBus
	case len(body) > b.maxMessageSize():
		return ErrTooLarge
	}
	return nil
}

// maxMessageSize returns the bytes of the largest message that the brokers take.
func (b *Bus) maxMessageSize() int {
	if most := b.maxMessage.Load(); most > 0 {
		return int(most)
	}
	return 1<<20 - headSize - 1024 // by the brokers' default of max_payload
}

// follow is Share.Follow. room is the bus's name of the room.
func (b *Bus) follow(ctx context.Context, room string, begin func(epoch rooms.Epoch) *rooms.Room) (unfollow func(), err error) {
	if !b.isUp(room) {
		return nil, rooms.ErrBus
	}
	s := b.subjects.acquire(b, room)
	defer b.subjects.release(s)
	if unfollow, err = s.follow(ctx, begin); err == nil && s.listsUsers() {
		s.learnUsers(ctx)
	}
	return unfollow, err
}

// reach is Share.Reach. room is the bus's name of the room.
func (b *Bus) reach(ctx context.Context, room string, since rooms.Since) error {
	s := b.subjects.find(room)
	if s == nil || !s.stream.up.Load() {
		return rooms.ErrBus
	}
	s.reach(ctx, since)
	return nil
}
