package rooms

import (
	"context"
	"strings"
	"time"
)

// pendingRoom is a room that the Bus is asked about. Guarded by shard.mu, but for done.
type pendingRoom struct {
	done    chan struct{} // closed when it is over
	waiting int           // so many wait for it
	room    *Room         // nil: err says why
	err     error
}

// openTimeout bounds how long the bus is asked about a room.
const openTimeout = 5 * time.Second

// Open has a room of a hub with a Bus ready for Join and Resume, and keeps it so until
// close, which is called once. It waits for the bus where nobody is in the room, or where
// since, which may be nil, is ahead of what came here. Without a Bus there is nothing to do.
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

// IsOpen tells whether Open would not have to wait.
func (h *Hub) IsOpen(room string, since *Since) bool {
	if h.cfg.Bus == nil {
		return true
	}
	r := h.rooms.find(room)
	return r != nil && (since == nil || !r.history.isBehind(*since))
}

// acquire returns the room, which does not go before release.
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

// leave has one less wait; where it is over it returns the room, which they have acquired, or nil.
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

// follow opens a room for all who wait for it, each of whom has acquired it then.
func (g *registry) follow(sh *shard, room string, o *pendingRoom) {
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	var r *Room
	unfollow, err := g.hub.cfg.Bus.Follow(ctx, room, func(epoch Epoch) *Room {
		r.abandon() // a life that ended while what is kept of it was read
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
		if r.gone { // its life has ended already
			err = ErrBus
		}
		r.unfollow = unfollow
		if err == nil {
			r.openers = o.waiting
		}
		r.mu.Unlock()
	}
	if o.err = err; err == nil {
		sh.rooms[room] = r
		o.room = r
	}
	close(o.done)
	sh.mu.Unlock()
	switch {
	case err == nil:
		sh.removeEmpty(r) // where nobody waits any more
	case unfollow != nil:
		unfollow()
		sh.removeEmpty(r)
	}
}

// abandon drops what a room has that the hub never had; r may be nil.
func (r *Room) abandon() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = true
	r.history.dropAll()
	r.history.count()
}

// release ends what acquire began.
func (r *Room) release() {
	r.mu.Lock()
	r.openers--
	idle := r.openers == 0 && r.members.count == 0
	r.mu.Unlock()
	if idle {
		r.shard.removeEmpty(r)
	}
}
