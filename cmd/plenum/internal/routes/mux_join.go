package routes

import (
	"context"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/codec"
	"plenum/rooms"
)

// join is the command. What the room says follows the answer.
func (m *muxSession) join(c codec.Command, _ int64) {
	var since *rooms.Since
	if c.Since != nil {
		var why access.Refusal
		if since, why = access.CheckSince(*c.Since); why != "" {
			m.refuse(c, "bad_since", "since must be epoch:seq")
			return
		}
	}
	m.change.Lock()
	defer m.change.Unlock()
	switch {
	case !m.id.MayJoin(c.Room):
		m.refuse(c, "not_allowed", "the token does not allow to join this room")
		return
	case m.rooms.in(c.Room) != nil || m.pending.of(c.Room) != nil:
		m.refuse(c, "already_joined", "the connection is in this room")
		return
	case int(m.rooms.count)+len(m.pending.all) >= m.routes.cfg.MaxRoomsPerConn:
		m.refuse(c, "too_many_rooms", "the connection is in as many rooms as it may be")
		return
	}
	if m.leaving == nil && m.routes.cfg.Rooms.IsOpen(c.Room, since) && m.enter(c, since) == nil {
		return
	}
	m.enterLater(c, since)
}

// enter joins a room that is open, and answers. It does neither if the bus is needed after all: then it
// returns rooms.ErrBus. change is held.
func (m *muxSession) enter(c codec.Command, since *rooms.Since) error {
	m.mu.Lock()
	r := m.rooms.add()
	m.mu.Unlock()
	err := join(m.routes.cfg.Rooms, r, c.Room, m, since, func(p rooms.Position) {
		sendPosition(m.Conn, codec.Joined{ID: c.ID, Room: p.Room, Epoch: p.Epoch, Seq: p.Seq, Members: p.Members, Recovered: p.Recovered}.Encode(), p)
		m.mu.Lock()
		m.rooms.take()
		m.mu.Unlock()
	})
	if err == nil {
		return nil
	}
	m.mu.Lock()
	m.rooms.giveBack()
	m.mu.Unlock()
	if isBusAway(err) {
		return err
	}
	m.refuse(c, "too_many_rooms", "there are as many rooms as there may be")
	return nil
}

// enterLater answers a join when its room is open. A connection has as many goroutines for that as it may
// have rooms, also if it leaves the rooms again before they are open: further joins wait for one
// of these. change is held.
func (m *muxSession) enterLater(c codec.Command, since *rooms.Since) {
	m.pending.all = append(m.pending.all, &pendingJoin{command: c, since: since, leaving: m.leaving})
	if m.pending.openers == m.routes.cfg.MaxRoomsPerConn {
		return
	}
	m.pending.openers++
	m.routes.waits.Go(m.openPending)
}

// openPending opens rooms, and joins them, until no join waits.
func (m *muxSession) openPending() {
	for p := m.nextPending(); p != nil; p = m.nextPending() {
		m.openAndEnter(p)
	}
}

// nextPending is pendingJoins.next. If it returns nil the goroutine ends, and is not counted any more.
func (m *muxSession) nextPending() *pendingJoin {
	m.change.Lock()
	defer m.change.Unlock()
	p := m.pending.next()
	if p == nil {
		m.pending.openers--
	}
	return p
}

// openAndEnter joins a room once it is open on this node, unless the client has left it meanwhile.
func (m *muxSession) openAndEnter(p *pendingJoin) {
	if p.leaving != nil {
		<-p.leaving
	}
	// The wait is bounded by the hub, and not ended by leave: what one connection has the
	// bus do at once is bounded by its goroutines.
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
		m.refuse(p.command, answer.CodeBus, err.Error())
	}
}
