package routes

import (
	"context"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/auth"
	"plenum/codec"
	"plenum/rooms"
)

// join carries out the command join. The messages of the room follow the response.
func (m *muxSession) join(c codec.Command, _ int64) {
	var since *rooms.Since
	if c.Since != nil {
		var why access.Refusal
		if since, why = access.CheckSince(*c.Since); why != "" {
			m.refuse(c, "bad_since", "since must have the form epoch:seq")
			return
		}
	}
	m.change.Lock()
	defer m.change.Unlock()
	switch {
	case !auth.Identity{Rooms: m.patterns}.MayJoin(c.Room):
		m.refuse(c, "not_allowed", "the token does not allow joining this room")
		return
	case m.rooms.in(c.Room) != nil || m.pending.of(c.Room) != nil:
		m.refuse(c, "already_joined", "this connection has already joined the room")
		return
	case int(m.rooms.count)+m.pending.len() >= m.routes.cfg.MaxRoomsPerConn:
		m.refuse(c, "too_many_rooms", "this connection has reached the limit of rooms per connection")
		return
	}
	if m.leaving == nil && m.routes.cfg.Rooms.IsOpen(c.Room, since) && m.enter(c, since) == nil {
		return
	}
	m.enterLater(c, since)
}

// enter joins a room that is open, and answers. If the room has been closed meanwhile and the bus is needed to open it
// again, enter does neither and returns rooms.ErrBus. change is held.
func (m *muxSession) enter(c codec.Command, since *rooms.Since) error {
	m.mu.Lock()
	r := m.rooms.add()
	m.mu.Unlock()
	err := join(m.routes.cfg.Rooms, r, c.Room, m, since, func(p rooms.Position) {
		sendJoined(m.Conn, codec.Joined{ID: c.ID, Room: p.Room, Epoch: p.Epoch, Seq: p.Seq, Members: p.Members, Recovered: p.Recovered}.Encode(), p)
		m.mu.Lock()
		m.rooms.take(r)
		m.mu.Unlock()
	})
	if err == nil {
		return nil
	}
	m.mu.Lock()
	m.rooms.giveBack(r)
	m.mu.Unlock()
	if isBusAway(err) {
		return err
	}
	m.refuse(c, "too_many_rooms", "the server has reached its limit of rooms")
	return nil
}

// enterLater carries out a join on another goroutine, after the room is open. The number of these goroutines is
// limited to MaxRoomsPerConn per connection, even if the client leaves rooms before they are open. Further joins
// wait until one of the goroutines is free. change is held.
func (m *muxSession) enterLater(c codec.Command, since *rooms.Since) {
	if m.pending == nil {
		m.pending = new(pendingJoins)
	}
	m.pending.all = append(m.pending.all, &pendingJoin{command: c, since: since, leaving: m.leaving})
	if m.pending.openers == m.routes.cfg.MaxRoomsPerConn {
		return
	}
	m.pending.openers++
	m.routes.waits.Go(m.openPending)
}

// openPending opens and joins rooms until no join is waiting.
func (m *muxSession) openPending() {
	for p := m.nextPending(); p != nil; p = m.nextPending() {
		m.openAndEnter(p)
	}
}

// nextPending returns the next waiting join. If there is none, it returns nil and no longer counts the calling
// goroutine, which must end.
func (m *muxSession) nextPending() *pendingJoin {
	m.change.Lock()
	defer m.change.Unlock()
	p := m.pending.next()
	if p == nil {
		m.pending.openers--
	}
	return p
}

// openAndEnter opens a room on this node and joins it, unless the client has left it meanwhile.
func (m *muxSession) openAndEnter(p *pendingJoin) {
	if p.leaving != nil {
		<-p.leaving
	}
	// The hub bounds this wait. A leave does not end it, so that the number of goroutines bounds the number of
	// simultaneous requests of this connection to the bus.
	done, err := m.routes.cfg.Rooms.Open(context.Background(), p.command.Room, p.since)
	if err == nil {
		defer done()
	}
	m.change.Lock()
	defer m.change.Unlock()
	if !m.pending.settle(p) {
		return
	}
	if err == nil {
		err = m.enter(p.command, p.since)
	}
	if err != nil {
		m.refuse(p.command, answer.CodeBus, answer.Text(err))
	}
}
