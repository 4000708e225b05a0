package rooms

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"plenum/codec"
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
	// AnnounceLimit is the largest room in which each join and leave is
	// announced; above it a digest a second tells how many. 0: digests
	// only, negative: neither.
	AnnounceLimit int
}

const shards = 256

// Hub is all the rooms of one server. Make it with New.
type Hub struct {
	// Set at creation.
	cfg    Config
	seed   maphash.Seed
	shards [shards]shard
	queue  *queue
	stats  stats

	digests digests
}

// shard is the rooms of one part of the names.
type shard struct {
	mu    sync.Mutex
	rooms map[string]*Room
}

// New makes a Hub; Serve starts its workers.
func New(cfg Config) *Hub {
	if cfg.Frame == nil {
		cfg.Frame = codec.AppendFrame
	}
	cfg.Overhead = cmp.Or(cfg.Overhead, codec.FrameOverhead)
	cfg.Workers = cmp.Or(cfg.Workers, runtime.GOMAXPROCS(0))
	cfg.SlowLag = cmp.Or(cfg.SlowLag, 1<<20)
	h := &Hub{cfg: cfg, seed: maphash.MakeSeed(), queue: newQueue(cfg.Workers)}
	for i := range h.shards {
		h.shards[i].rooms = map[string]*Room{}
	}
	return h
}

// Serve runs the workers and the digests until ctx ends; what is still in the
// logs then is not written. It is called once.
func (h *Hub) Serve(ctx context.Context) {
	var running sync.WaitGroup
	for range h.cfg.Workers {
		running.Go(h.work)
	}
	if h.cfg.AnnounceLimit >= 0 {
		running.Go(func() { h.digest(ctx) })
	}
	if h.cfg.Idle != nil {
		running.Go(func() { h.share(ctx) })
	}
	<-ctx.Done()
	h.queue.close()
	running.Wait()
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
	sh := h.shard(room)
	sh.mu.Lock()
	r := sh.rooms[room]
	if r == nil {
		if n := h.stats.rooms.Add(1); h.cfg.MaxRooms > 0 && n > int64(h.cfg.MaxRooms) {
			h.stats.rooms.Add(-1)
			sh.mu.Unlock()
			return ErrFull
		}
		r = h.newRoom(sh, room)
		sh.rooms[room] = r
	}
	members := r.add(m, sink)
	sh.mu.Unlock()
	h.stats.members.Add(1)
	h.arrived(r, m, members, now)
	return nil
}

// ErrFull says that there are as many rooms as may be.
var ErrFull = errors.New("rooms: too many rooms")

func (h *Hub) newRoom(sh *shard, name string) *Room {
	return &Room{hub: h, shard: sh, name: strings.Clone(name), epoch: rand.Uint64()}
}

// removeEmpty ends a room, unless somebody has joined it meanwhile.
func (sh *shard) removeEmpty(r *Room) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members == 0 && sh.rooms[r.name] == r {
		delete(sh.rooms, r.name)
		r.hub.stats.rooms.Add(-1)
	}
}

// Publish appends a message to a room from outside, or returns ErrCrowded. body
// stays the caller's; now is in Unix milliseconds. A room where nobody is begins and
// ends with it: the message is numbered 1 and read by no one.
func (h *Hub) Publish(room string, body []byte, now int64) (seq uint64, epoch string, err error) {
	sh := h.shard(room)
	sh.mu.Lock()
	r := sh.rooms[room]
	if r == nil {
		r = h.newRoom(sh, room)
	}
	sh.mu.Unlock()
	seq, err = r.publish(body, now)
	return seq, r.epochName(), err
}

func (h *Hub) shard(room string) *shard {
	return &h.shards[maphash.String(h.seed, room)%shards]
}

func (r *Room) epochName() string { return strconv.FormatUint(r.epoch, 36) }
