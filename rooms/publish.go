package rooms

import "errors"

// ErrBacklog says that a room is spoken to faster than it can be written, so
// that a message was not taken.
var ErrBacklog = errors.New("rooms: the room is spoken to faster than it can be written")

// submit publishes a message, by way of the bus where there is one. to, which may be nil, is
// told what becomes of it unless there is an error: errGone and errUnannounced, as of publish.
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
	case nil, errGone: // where it has gone, its next life may be spoken to
		bus.Publish(r.name, body, to)
	case errUnannounced:
		return err
	default:
		failed(to, err)
	}
	return nil
}

// admits tells whether a message of m's, or, nil, of somebody else's, can be taken. mu is held.
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

// publish appends a message and has it written: here and now if the room is
// small, nobody flushes it, and no other message was written here in this millisecond,
// else by the workers. So a flood into a small room keeps its sender's poller
// for one flush per millisecond, and the rest of it travels in batches. The error is errGone if
// the room has left the hub, which a room with members never has; errUnannounced if m,
// which speaks, is to be introduced first. m is nil for the server and for a publisher that is no member.
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

// append frames body into the log and wakes the segments whose position is its
// head. It returns the segment that the caller is to flush. mu is held.
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
