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

// Hub is all the rooms of one server. Make it with New.
type Hub struct {
	// Set at creation.
	cfg   Config
	queue *queue.Queue[segment]
	clock momentClock

	rooms registry
	views views

	counters counters
	fanOut   latency

	// What each of the goroutines of Serve works on.
	digests digests
	expirer expirer
	pressed pressedRooms
}

// New makes a Hub; Serve starts its workers.
func New(cfg Config) *Hub {
	if cfg.Frame == nil {
		cfg.Frame = codec.AppendFrame
	}
	cfg.Overhead = cmp.Or(cfg.Overhead, codec.FrameOverhead)
	cfg.Workers = cmp.Or(cfg.Workers, runtime.GOMAXPROCS(0))
	cfg.SlowLag = cmp.Or(cfg.SlowLag, 1<<20)
	h := &Hub{cfg: cfg, queue: queue.New[segment](cfg.Workers), clock: momentClock{time.Now()}, pressed: newPressedRooms()}
	h.rooms.init(h)
	h.expirer.init(h)
	return h
}

// Serve runs the workers, the digests and the expiry of the history until ctx ends;
// what is still in the logs then is not written. It is called once.
func (h *Hub) Serve(ctx context.Context) {
	var running sync.WaitGroup
	for range h.cfg.Workers {
		running.Go(h.work)
	}
	if h.cfg.AnnounceLimit >= 0 {
		running.Go(func() { h.digests.run(ctx) })
	}
	if h.cfg.Idle != nil {
		running.Go(func() { h.queue.Pace(ctx, h.cfg.Workers, h.cfg.Idle, h.counters[Writes].Load) })
	}
	if !h.cfg.History.none() {
		running.Go(func() { h.expirer.run(ctx) })
	}
	running.Go(func() { h.pressed.watch(ctx) })
	<-ctx.Done()
	h.queue.Close()
	running.Wait()
	h.rooms.following.Wait()
}

// work is one fan-out worker.
func (h *Hub) work() {
	f := new(flush)
	for h.flushNext(f) {
	}
}

// flushNext waits for a segment and flushes it; false once the queue is closed.
func (h *Hub) flushNext(f *flush) bool {
	s := h.queue.Pop()
	if s == nil {
		return false
	}
	s.flush(f)
	h.queue.Done()
	return true
}

// Join makes m a member of the room, which begins to be where it was not: the
// messages from now on go to sink. room may be part of a larger string. now is the time
// of the announcement in Unix milliseconds; m sees its own. ErrFull where there are
// Config.MaxRooms others.
func (h *Hub) Join(m *Member, room string, sink Sink, now int64) error {
	_, err := h.join(m, room, sink, false, nil, now)
	return err
}

// Resume is Join for a member that is told first where it stands: m is written
// nothing until Drained is called. Then it is written what is kept of the messages
// behind since, and goes on as one of the others; nil: only what comes from now on.
func (h *Hub) Resume(m *Member, room string, sink Sink, since *Since, now int64) (Position, error) {
	return h.join(m, room, sink, true, since, now)
}

func (h *Hub) join(m *Member, room string, sink Sink, resumes bool, since *Since, now int64) (Position, error) {
	m.view = h.views.numberOf(sink) // it is asked before anything is locked
	sh := h.rooms.shard(room)
	sh.mu.Lock()
	r, known := sh.rooms[room]
	if !known && h.cfg.Bus != nil {
		sh.mu.Unlock()
		return Position{}, ErrBus // its life has just ended
	}
	if !known {
		r = newRoom(h, sh, room)
	}
	p, announce, err := r.join(m, sink, resumes, since, now)
	if err == nil && !known {
		sh.rooms[r.name] = r
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

// begin counts a room more that has members; false where it would be too many.
func (h *Hub) begin() bool {
	if n := h.counters[Rooms].Add(1); h.cfg.MaxRooms > 0 && n > int64(h.cfg.MaxRooms) {
		h.counters[Rooms].Add(-1)
		return false
	}
	return true
}

// ErrFull says that there are as many rooms as may be.
var ErrFull = errors.New("rooms: too many rooms")

// errGone says that a room has left the hub meanwhile.
var errGone = errors.New("rooms: the room is gone")

// Publish publishes a message to a room from outside. body stays the caller's; now is in
// Unix milliseconds; to, which may be nil, is told its position, or why it was not taken:
// ErrOverloaded, ErrBacklog, ErrBus, ErrUnknown. Without a Bus it is told before Publish returns; and without
// history a room where nobody is begins and ends with the message, which is numbered 1 and
// read by no one.
func (h *Hub) Publish(room string, body []byte, now int64, to Receipt) {
	if bus := h.cfg.Bus; bus != nil {
		if r := h.rooms.find(room); r == nil || !r.overload.refuses(to) {
			bus.Publish(room, body, to)
		}
		return
	}
	for {
		if r := h.rooms.findOrNew(room); r.overload.refuses(to) || r.submit(nil, body, now, to) != errGone {
			return
		}
	}
}
