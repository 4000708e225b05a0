package rooms

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"

	"plenum/codec"
	"plenum/rooms/internal/names"
)

// Config says how a Hub works. A zero field means its default.
type Config struct {
	// Frame appends body, numbered seq, to dst as one unmasked WebSocket
	// frame; it adds at most Overhead bytes. Default: codec.AppendFrame.
	Frame    func(dst, body []byte, seq uint64) []byte
	Overhead int
	// Workers is how many goroutines write; default: one a core.
	Workers int
	// Chunks is memory for the logs of busy rooms; default: the heap.
	Chunks Chunks
	// Idle returns which part of the machine, 0 to 1, had nothing to do since it
	// was called last; ok is false where that is not known. Where little is left,
	// and at first, fewer workers write, and large rooms rest between two writes, up
	// to 20 ms. It is called every quarter of a second while there is anything to
	// write, by one goroutine. Default, and where it is not known: all workers
	// write always.
	Idle func() (part float64, ok bool)
	// SlowLag is how many bytes of the log a member may be behind before it
	// is closed with 1013, or skips; default 1 MiB.
	SlowLag int64
	// Gap appends to dst, as one unmasked WebSocket frame, what a member is told
	// that has skipped messages, before it goes on with those that follow. Default: no
	// member skips.
	Gap func(dst []byte, g codec.Gap) []byte
	// MaxRooms bounds the rooms that have members; default: no bound.
	MaxRooms int
	// History is what is kept of the messages; default: none. A room that has
	// some stays when its last member leaves.
	History History
	// AnnounceLimit is the largest room in which each join and leave is
	// announced; above it a digest a second tells how many. 0: digests
	// only, negative: neither.
	AnnounceLimit int
	// Anonymous is the name of all members without a name of their own. Each of them is
	// announced; of any other name the first connection to a room and the last one are.
	// Default: there is no such name.
	Anonymous string
	// Overloaded is told that a room has become overloaded, by one goroutine; default: nobody is.
	Overloaded func(Overload)
	// Bus has the rooms span nodes; default: they are this hub's alone. Then Open comes
	// before Join and Resume.
	Bus Bus
}

const shards = 256

// Hub is all the rooms of one server. Make it with New.
type Hub struct {
	// Set at creation.
	cfg    Config
	seed   maphash.Seed
	shards [shards]shard
	queue  *queue
	views  views

	counters    counters
	fanOut      latency
	historyFull chan struct{} // has one if HistoryBytes is over the budget

	pressed pressedRooms

	digests  digests
	openings sync.WaitGroup // of rooms that the bus is asked about
}

// shard is the rooms of one part of the names.
type shard struct {
	mu      sync.Mutex
	rooms   map[string]*Room
	opening map[string]*opening
}

// New makes a Hub; Serve starts its workers.
func New(cfg Config) *Hub {
	if cfg.Frame == nil {
		cfg.Frame = codec.AppendFrame
	}
	cfg.Overhead = cmp.Or(cfg.Overhead, codec.FrameOverhead)
	cfg.Workers = cmp.Or(cfg.Workers, runtime.GOMAXPROCS(0))
	cfg.SlowLag = cmp.Or(cfg.SlowLag, 1<<20)
	h := &Hub{cfg: cfg, seed: maphash.MakeSeed(), queue: newQueue(cfg.Workers), historyFull: make(chan struct{}, 1), pressed: newPressedRooms()}
	for i := range h.shards {
		h.shards[i] = shard{rooms: map[string]*Room{}, opening: map[string]*opening{}}
	}
	return h
}

// Serve runs the workers, the digests and the keeper of the history until ctx ends;
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
		running.Go(func() { h.share(ctx) })
	}
	if !h.cfg.History.none() {
		running.Go(func() { h.keep(ctx) })
	}
	running.Go(func() { h.watch(ctx) })
	<-ctx.Done()
	h.queue.close()
	running.Wait()
	h.openings.Wait()
}

// work is one fan-out worker.
func (h *Hub) work() {
	p := new(pass)
	for h.runNext(p) {
	}
}

// runNext waits for a segment and writes it; false once the queue is closed.
func (h *Hub) runNext(p *pass) bool {
	s := h.queue.pop()
	if s == nil {
		return false
	}
	s.run(p)
	h.queue.done()
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
func (h *Hub) Resume(m *Member, room string, sink Sink, since *Since, now int64) (Place, error) {
	return h.join(m, room, sink, true, since, now)
}

func (h *Hub) join(m *Member, room string, sink Sink, held bool, since *Since, now int64) (Place, error) {
	m.view = h.views.numberOf(sink) // it is asked before anything is locked
	sh := h.shard(room)
	sh.mu.Lock()
	r, known := sh.rooms[room]
	if !known && h.cfg.Bus != nil {
		sh.mu.Unlock()
		return Place{}, ErrBus // its life has just ended
	}
	if !known {
		r = h.newRoom(sh, room)
	}
	p, announce, err := r.add(m, sink, held, since, now)
	if err == nil && !known {
		sh.rooms[r.name] = r
	}
	sh.mu.Unlock()
	if err != nil {
		return Place{}, err
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

func (h *Hub) newRoom(sh *shard, name string) *Room {
	r := &Room{hub: h, shard: sh, name: strings.Clone(name), epoch: Epoch(rand.Uint64())}
	r.presence.room, r.presence.notices.room, r.presence.nodes.room, r.overload.room = r, r, r, r
	r.log.kept = !h.cfg.History.none()
	if h.cfg.Bus != nil {
		r.presence.nodes.node = new(names.Node)
	}
	return r
}

// removeEmpty ends a room where nobody is, and of which nothing is kept but by the bus.
func (sh *shard) removeEmpty(r *Room) {
	if sh.takeOut(r) && r.unfollow != nil {
		r.unfollow()
	}
}

// takeOut takes such a room out of the hub; false where it is no such room.
func (sh *shard) takeOut(r *Room) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.unfollow == nil && r.log.first != nil && !r.hub.cfg.History.none()
	if r.members > 0 || r.pins > 0 || kept || !r.gone && r.presence.nodes.leaves() {
		return false
	}
	first := !r.gone // else its life has ended, and who was there has left now
	if first {
		r.gone = true
		delete(sh.rooms, r.name)
	}
	r.dropAll()
	r.count()
	return first
}

// errGone says that a room has left the hub meanwhile.
var errGone = errors.New("rooms: the room is gone")

// Publish publishes a message to a room from outside. body stays the caller's; now is in
// Unix milliseconds; to, which may be nil, is told its place, or why it was not taken:
// ErrOverloaded, ErrCrowded, ErrBus, ErrUnknown. Without a Bus it is told before Publish returns; and without
// history a room where nobody is begins and ends with the message, which is numbered 1 and
// read by no one.
func (h *Hub) Publish(room string, body []byte, now int64, to Receipt) {
	if bus := h.cfg.Bus; bus != nil {
		if r := h.find(room); r == nil || !r.overload.refuses(to) {
			bus.Publish(room, body, to)
		}
		return
	}
	for {
		if r := h.open(room); r.overload.refuses(to) || r.submit(nil, body, now, to) != errGone {
			return
		}
	}
}

// open returns the room, a new one where it was not, which is the hub's where its
// messages are kept.
func (h *Hub) open(room string) *Room {
	sh := h.shard(room)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	r := sh.rooms[room]
	if r == nil {
		r = h.newRoom(sh, room)
		if !h.cfg.History.none() {
			sh.rooms[r.name] = r
		}
	}
	return r
}

// find returns the room; nil where it is not.
func (h *Hub) find(room string) *Room {
	sh := h.shard(room)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.rooms[room]
}

// each calls f with every room, a shard at a time, with no lock held.
func (h *Hub) each(f func(r *Room)) {
	var found []*Room
	for i := range h.shards {
		sh := &h.shards[i]
		sh.mu.Lock()
		found = slices.AppendSeq(found[:0], maps.Values(sh.rooms))
		sh.mu.Unlock()
		for _, r := range found {
			f(r)
		}
	}
}

func (h *Hub) shard(room string) *shard {
	return &h.shards[maphash.String(h.seed, room)%shards]
}

func (r *Room) epochName() string { return r.epoch.String() }
