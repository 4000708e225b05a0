package rooms

// Position is the position at which a new member or a page begins, and the messages that are missing
// before it. The result depends on since, the position after which to continue:
//
//	since                                     Recovered  Lost   From  To
//	nil                                       false      false  0     0
//	this epoch, all later messages retained   true       false  0     0
//	this epoch, some not retained             false      true   Seq+1 the last that is not retained
//	another epoch, or after the last message  false      true   1     the last that is not retained, or 0
//	the empty epoch, some not retained        false      true   1     the last that is not retained
//	the empty epoch, all messages retained    false      false  0     0
type Position struct {
	Info // after the join, so it counts the member
	// Recovered reports whether the member receives all messages after since.
	Recovered bool
	// Lost reports whether the member has missed messages that it does not receive.
	Lost     bool
	From, To uint64
	// Behind is the number of the message before the first one that the member receives.
	Behind uint64
	// Kept is the message that the room keeps, or nil if it keeps none. It is also nil if the member receives
	// the message in its replay, or has read it before, and in a page of Hub.Messages. See Config.Keeps.
	Kept *Kept
}

// replay fills p, except for Info and Kept, for a resuming member that has read the room up to since. If
// since is nil, the member is new. replay returns the number of the first message to write. mu is held.
func (h *history) replay(since *Since, now int64, p *Position) (next uint64) {
	l := &h.room.log
	next = l.seq + 1
	defer func() { p.Behind = next - 1 }()
	if since == nil {
		return next
	}
	known := since.Epoch == h.room.epoch.String() && since.Seq <= l.seq
	wanted := uint64(1)
	if known {
		wanted = since.Seq + 1
	}
	next = l.skipGap(max(wanted, h.oldest(now)))
	p.Recovered = known && next == wanted
	if p.Lost = next > wanted || !known && since.Epoch != ""; p.Lost {
		p.From, p.To = wanted, next-1
	}
	return next
}

// startAt gives m a position of its own, before message next. m is not written before Drained. mu is
// held.
func (h *history) startAt(m *Member, next uint64) {
	r := h.room
	c := r.log.first
	for c != nil && c.seq < next && c.next != nil {
		c = c.next
	}
	if c == nil {
		c = r.log.reserve(1, nil, 0, true)
	}
	r.log.unpackFrom(c)
	m.behind, m.chunk, m.at = true, c, c.offset(next)
	c.readers++
	r.hub.counters[MembersBehind].Add(1)
	m.marks |= replaying
	h.count()
}

// stillKeeps reports whether the history retains the message that m is to be written next. If the message
// is too old, or if all logs together use too much memory, only members like m keep it in the log. mu is
// held.
func (h *history) stillKeeps(m *Member) bool {
	rules := h.bounds()
	if m.chunk == nil || h.room.hub.counters[HistoryBytes].Load() > rules.Memory {
		return false
	}
	c, seq := m.chunk, m.chunk.seqAt(m.at)
	if seq > c.seq { // it has read the whole chunk
		if c = c.next; c == nil {
			return true
		}
		seq = c.first()
	}
	return int64(c.index[seq-c.first()].published) > h.lastUsed/1000-rules.Age && rules.reaches(&h.room.log, c, seq)
}
