package rooms

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"plenum/codec"
	"plenum/rooms/internal/queue"
)

// Hub holds all rooms of a server. Create it with New.
type Hub struct {
	// Set at creation.
	cfg   Config
	queue *queue.Queue[work]
	clock momentClock
	turns []turnJob // one per shard of the queue

	rooms registry
	views views

	memory chunkMemory

	counters counters
	tallies  []tally // set at creation

	// The work of the goroutines of Serve.
	digests digests
	reports reports
	expirer expirer
	pressed pressedRooms
}

// New creates a Hub. It starts no goroutine: Serve does.
func New(cfg Config) *Hub {
	if cfg.Frame == nil {
		cfg.Frame, cfg.Extra = codec.AppendFrame, codec.InfoOf
	}
	if cfg.Announcer == nil {
		cfg.Announcer = Prose{}
	}
	cfg.History = cfg.History.withMemory()
	cfg.Overhead = cmp.Or(cfg.Overhead, codec.FrameOverhead)
	cfg.Workers = cmp.Or(cfg.Workers, runtime.GOMAXPROCS(0))
	cfg.KeepFor = cmp.Or(cfg.KeepFor, 30*time.Minute)
	cfg.SlowLag = cmp.Or(cfg.SlowLag, 1<<20)
	h := &Hub{cfg: cfg, queue: queue.New[work](cfg.Workers), clock: momentClock{time.Now()}, pressed: newPressedRooms()}
	for shard := range h.queue.Shards() {
		h.turns = append(h.turns, turnJob{h, shard})
	}
	h.tallies = make([]tally, runtime.GOMAXPROCS(0))
	h.memory.chunks = cfg.Chunks
	h.rooms.init(h)
	h.expirer.init(h)
	return h
}

// Serve runs the workers and the hub's other goroutines until ctx ends, and waits for them. It is
// called once. Messages that no flush has taken when ctx ends are not written, so close the
// connections first.
func (h *Hub) Serve(ctx context.Context) {
	var running sync.WaitGroup
	for worker := range h.cfg.Workers {
		running.Go(func() { h.work(worker) })
	}
	if h.cfg.AnnounceLimit >= 0 {
		running.Go(func() { h.digests.run(ctx) })
	}
	if !h.cfg.History.none() {
		running.Go(func() { h.expirer.run(ctx) })
	}
	if h.cfg.Observer != nil {
		running.Go(func() { h.reports.run(ctx) })
	}
	running.Go(func() { h.pressed.watch(ctx) })
	<-ctx.Done()
	h.queue.Close()
	running.Wait()
	h.rooms.following.Wait()
}

// Join makes m a member of a room. sink receives every message appended after this call, and
// WriteFrames may be called before Join returns. If the room does not exist, Join creates it, with
// a copy of the string room. now is the time of the announcement in Unix milliseconds. m receives the
// announcement of its own join.
//
// Join returns ErrFull if Config.MaxRooms other rooms have members. With a Bus the room must be open
// (see Open), otherwise Join returns ErrBus. If Join succeeds, the caller must call Member.Leave when
// the connection has ended.
func (h *Hub) Join(m *Member, room string, sink Sink, now int64) error {
	_, err := h.join(m, room, sink, false, nil, now)
	return err
}

// Resume is Join for a member that continues after the position since. If since is nil, the member
// begins at the head of the log. Otherwise it receives the retained messages after since, and all
// further ones. If since is in another epoch, or after the last message, it receives all retained
// messages.
//
// Resume returns the member's position, so that the caller can send it before any message: nothing
// is written to sink until Member.Drained is called. Until then, the caller must also keep other
// goroutines from calling Drained, such as an OnDrain. If messages are missing (Position.Lost), the
// caller also sends the gap; the hub sends gaps only to members that skip.
func (h *Hub) Resume(m *Member, room string, sink Sink, since *Since, now int64) (Position, error) {
	return h.join(m, room, sink, true, since, now)
}

func (h *Hub) join(m *Member, room string, sink Sink, resumes bool, since *Since, now int64) (Position, error) {
	m.view = h.views.numberOf(sink) // calls Sink.View, so before any lock is taken
	sh := h.rooms.shard(room)
	sh.mu.Lock()
	r, known := sh.rooms[room]
	if !known && h.cfg.Bus != nil {
		sh.mu.Unlock()
		return Position{}, ErrBus // the room's epoch has just ended
	}
	if !known {
		r = newRoom(h, sh, room)
	}
	p, announce, err := r.join(m, sink, resumes, since, now)
	if err == nil && !known {
		sh.add(r)
	}
	sh.mu.Unlock()
	if err != nil {
		return Position{}, err
	}
	h.counters[Members].Add(1)
	if announce != nil {
		announce()
	}
	return p, nil
}

// countRoom counts one more room with members. It returns false if there are too many.
func (h *Hub) countRoom() bool {
	if n := h.counters[Rooms].Add(1); h.cfg.MaxRooms > 0 && n > int64(h.cfg.MaxRooms) {
		h.counters[Rooms].Add(-1)
		return false
	}
	return true
}

// ErrFull reports that a room was not joined, because Config.MaxRooms other rooms have members.
var ErrFull = errors.New("rooms: too many rooms")

// errGone reports that a room has left the hub.
var errGone = errors.New("rooms: the room is gone")

// Publish publishes a message to a room from outside, that is, for a publisher that is no member.
// body is the argument for Config.Frame and is not kept. now is the current time in Unix
// milliseconds. The receipt to, which may be nil, is called with the message's position or an error:
// ErrOverloaded, ErrBacklog, and with a Bus ErrBus or ErrUnknown. Without a Bus it is called before
// Publish returns.
//
// With a Bus, ErrBacklog means that the queue of the bus is full: the room's backlog is not checked.
// ErrOverloaded is returned only if the room is open at this node and overloaded here.
//
// Without a Bus and without history, a room without members starts and ends with the message. The
// message has number 1, and no member receives it.
func (h *Hub) Publish(room string, body []byte, now int64, to Receipt) {
	if bus := h.cfg.Bus; bus != nil {
		if r := h.rooms.find(room); r == nil || !r.overload.rejects(to) {
			bus.Publish(room, body, to)
		}
		return
	}
	for {
		if r := h.rooms.findOrNew(room); r.overload.rejects(to) || r.submit(nil, body, now, to) != errGone {
			return
		}
	}
}
