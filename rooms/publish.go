package rooms

import "errors"

// ErrBacklog reports that a message was rejected because the room's backlog is full. More than 16
// MiB of the log wait for members that are not behind. During an overload, and for 5 s after it, all
// members and other readers count. With a Bus, its queue for the brokers may be full instead.
var ErrBacklog = errors.New("rooms: the room's backlog is full, retry later")

// submit publishes a message, through the bus if there is one. It returns errGone or errUnannounced
// as publish does. Otherwise it returns nil, and the receipt to, which may be nil, gets the result.
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
	case nil, errGone: // with a Bus, the room's next epoch may accept the message
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

// publish appends a message to the log. It flushes the room itself if append returns a segment,
// else the workers do. m is the publishing member; it is nil for the server and for publishers
// outside the room.
//
// The error is errGone if the room has left the hub, which cannot happen while it has members. It
// is errUnannounced if m's join has to be announced first. It is ErrBacklog if the backlog is full.
func (r *Room) publish(m *Member, body []byte, now int64) (seq uint64, err error) {
	r.mu.Lock()
	if err = r.admits(m); err != nil {
		r.mu.Unlock()
		return 0, err
	}
	s := r.append(body, now)
	seq = r.log.seq
	r.mu.Unlock()
	r.hub.counters[Published].Add(1)
	if s != nil {
		f := flushes.Get().(*flush)
		s.flush(f)
		flushes.Put(f)
	}
	return seq, nil
}

// append frames body, appends it to the log, and wakes the segments whose position was the head. If
// the room is small and idle, and was not flushed inline in this millisecond, append returns its
// segment. The caller must then flush it. So a flood into a small room costs its sender's poller
// one flush per millisecond; the other messages travel in batches. mu is held.
func (r *Room) append(body []byte, now int64) (small *segment) {
	at, b := r.log.head, &r.members
	r.history.lastUsed = now
	c, published := r.history.append(body, now)
	r.overload.judge()
	inline := len(b.segments) == 1 && len(b.segments[0].members) <= inlineMembers && r.lastInline != now
	r.history.appended()
	small = b.wake(c, at, r.log.seq-1, published, inline)
	if small != nil {
		r.lastInline = now
	}
	return small
}
