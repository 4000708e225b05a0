package rooms

import "errors"

// ErrBacklog reports that a message was rejected because the room's backlog is full. More than 16
// MiB of the log wait for members that are not behind. During an overload, and for 5 s after it, all
// members and other readers count. With a Bus, its queue for the brokers may be full instead.
var ErrBacklog = errors.New("rooms: the room's backlog is full, retry later")

// submit publishes a message, through the bus if there is one. It returns errGone (without a bus only)
// or errUnannounced as publish does. Otherwise it returns nil, and the receipt to, which may be nil, gets
// the result.
func (r *Room) submit(m *Member, body []byte, now int64, to Receipt) error {
	bus := r.hub.cfg.Bus
	if bus == nil {
		seq, err := r.publish(m, body, now)
		if err == errGone || err == errUnannounced {
			return err
		}
		if to != nil {
			to.Published(r.epoch, seq, err)
		}
		return nil
	}
	r.mu.Lock()
	err := r.admits(m)
	r.mu.Unlock()
	switch err {
	case nil, errGone: // the room's next epoch may accept the message
		bus.Publish(r.name, body, to)
	case errUnannounced:
		return err
	default:
		failed(to, err)
	}
	return nil
}

// admits returns nil if a message can be accepted, or an error as publish does. m is the publishing
// member, or nil. mu is held.
func (r *Room) admits(m *Member) error {
	switch {
	case r.gone:
		return errGone
	case m != nil && m.marks&unannounced != 0:
		return errUnannounced
	case r.overload.backlogFull():
		r.hub.counters[BacklogFull].Add(1)
		return ErrBacklog
	}
	return nil
}

// publish appends a message to the log, and flushes a small room inline. m is the publishing member; it is nil for the
// server and for publishers outside the room.
//
// The error is errGone if the room has left the hub, which cannot happen while it has members. It
// is errUnannounced if m's join has to be announced first. It is ErrBacklog if the backlog is full.
func (r *Room) publish(m *Member, body []byte, now int64) (seq uint64, err error) {
	by := m.poller()
	w, seq, err := r.accept(m, body, now, by, r.hub.excluded(r.name, body))
	if err != nil {
		return 0, err
	}
	r.hub.memory.giveBack()
	r.hub.counters[Published].Add(1)
	if w.small != nil {
		r.hub.flushInline(w.small, by)
	}
	r.hub.push(w, by)
	return seq, nil
}

// accept appends a message, if it can be accepted. The message is not written to the member excluded, which may be nil.
// accept returns the work that the caller must do, and the number of the message.
func (r *Room) accept(m *Member, body []byte, now int64, by Poller, excluded *Member) (w woken, seq uint64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.admits(m); err != nil {
		return woken{}, 0, err
	}
	w = r.append(body, now, by)
	r.exclude(excluded, r.log.last, r.log.seq)
	return w, r.log.seq, nil
}

// append frames body, appends it to the log, and wakes the segments. by is the poller of the publisher, or nil. append
// returns the work that the caller must do. mu is held.
func (r *Room) append(body []byte, now int64, by Poller) woken {
	at, mode := r.log.head, queues
	r.history.lastUsed = now
	c, published := r.history.append(body, now)
	r.overload.judge()
	r.history.appended()
	switch {
	case r.gathers:
		mode = holds
	case r.isDueInline(now) && (by == nil || !by.InBatch()):
		mode = inline
	}
	w := r.wake(c, at, r.log.seq-1, published, mode)
	if w.small != nil {
		r.lastInline = uint16(now)
	}
	return w
}

// isDueInline reports whether the room has one segment, and was not flushed inline in the millisecond now. mu is held.
func (r *Room) isDueInline(now int64) bool {
	return len(r.members.segments) == 1 && r.lastInline != uint16(now)
}

// wake is membership.wake. If the room has a write delay, wake holds the frames instead. mu is held.
func (r *Room) wake(c *chunk, at int64, seq uint64, published moment, mode wakeMode) woken {
	if r.delay == nil {
		return r.members.wake(c, at, seq, published, mode)
	}
	r.members.wake(c, at, seq, published, holds)
	r.hold()
	return woken{}
}
