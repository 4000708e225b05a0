package rooms

import (
	"context"
	"strings"
	"time"
)

// pendingRoom is a room that is being opened on the Bus. It is guarded by shard.mu, except for done.
// When done is closed, room and err no longer change, and may be read without the lock.
type pendingRoom struct {
	done    chan struct{} // closed when room or err is set
	waiting int           // number of callers of acquire that wait; each is an opener of the room when it is open
	room    *Room         // nil if opening failed with err
	err     error
}

// openTimeout bounds the opening of a room on the bus.
const openTimeout = 5 * time.Second

// Open opens a room of a hub with a Bus, so that Join and Resume may be called. The caller must call
// close once. The room stays open until then, and while it has members. But it ends if its epoch ends
// on the bus.
//
// If the room is not open at this node, Open waits for the bus, for 5 s at most. It returns an error if
// ctx ends before. If this node has not received the message at since yet, Open then calls Bus.Reach.
// As this waits for a limited time, since may still be ahead of the room when Open returns. since may
// be nil. Without a Bus, Open does nothing.
func (h *Hub) Open(ctx context.Context, room string, since *Since) (close func(), err error) {
	if h.cfg.Bus == nil {
		return func() {}, nil
	}
	r, err := h.rooms.acquire(ctx, room)
	if err != nil {
		return nil, err
	}
	if since != nil && r.history.isBehind(*since) {
		if err := h.cfg.Bus.Reach(ctx, r.name, *since); err != nil {
			r.release()
			return nil, err
		}
	}
	return r.release, nil
}

// IsOpen reports whether Open would return without waiting.
func (h *Hub) IsOpen(room string, since *Since) bool {
	if h.cfg.Bus == nil {
		return true
	}
	r := h.rooms.find(room)
	return r != nil && (since == nil || !r.history.isBehind(*since))
}

// acquire returns the room and counts an opener, so that the room stays until release.
func (g *registry) acquire(ctx context.Context, room string) (*Room, error) {
	sh := g.shard(room)
	sh.mu.Lock()
	if r := sh.rooms[room]; r != nil {
		r.mu.Lock()
		r.openers++
		r.mu.Unlock()
		sh.mu.Unlock()
		return r, nil
	}
	o := sh.pending[room]
	if o == nil {
		o = &pendingRoom{done: make(chan struct{})}
		room = strings.Clone(room)
		sh.pending[room] = o
		g.following.Go(func() { g.follow(sh, room, o) })
	}
	o.waiting++
	sh.mu.Unlock()

	select {
	case <-o.done:
		return o.room, o.err
	case <-ctx.Done():
	}
	if r := o.leave(sh); r != nil {
		r.release()
	}
	return nil, ctx.Err()
}

// leave removes one caller that waits. If the room was opened meanwhile, leave returns it, and the
// caller must release it; otherwise it returns nil.
func (o *pendingRoom) leave(sh *shard) *Room {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	select {
	case <-o.done:
		return o.room
	default:
		o.waiting--
		return nil
	}
}

// follow opens a room on the Bus and counts an opener for each caller of acquire that waits for it.
func (g *registry) follow(sh *shard, room string, o *pendingRoom) {
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	var r *Room
	unfollow, err := g.hub.cfg.Bus.Follow(ctx, room, func(epoch Epoch) *Room {
		r.abandon() // its epoch ended while its retained messages were read
		r = newRoom(g.hub, sh, room)
		r.epoch = epoch
		return r
	})
	if err != nil {
		r.abandon()
	}
	sh.mu.Lock()
	delete(sh.pending, room)
	if err == nil {
		r.mu.Lock()
		if r.gone { // the epoch has ended already
			err = ErrBus
		}
		r.unfollow = unfollow
		if err == nil {
			r.openers = int32(o.waiting)
		}
		r.mu.Unlock()
	}
	if o.err = err; err == nil {
		sh.add(r)
		o.room = r
	}
	close(o.done)
	sh.mu.Unlock()
	switch {
	case err == nil:
		sh.removeEmpty(r) // if no caller waits any more
	case unfollow != nil:
		unfollow()
		sh.removeEmpty(r)
	}
}

// abandon marks a room that was not added to the registry as gone, and frees its log. r may be nil.
func (r *Room) abandon() {
	if r == nil {
		return
	}
	defer r.hub.memory.giveBack()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = true
	r.history.forget()
	r.history.count()
}

// release removes an opener. If it was the last one and the room has no members, release removes
// the room.
func (r *Room) release() {
	r.mu.Lock()
	r.openers--
	idle := r.openers == 0 && r.members.count == 0
	r.mu.Unlock()
	if idle {
		r.shard.removeEmpty(r)
	}
}
