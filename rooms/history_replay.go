package rooms

// Position is the position of a new member in its room, and what it has missed before that.
type Position struct {
	Info // as it was joined, the member among its members
	// Recovered: it was in this life of the room, and what came since then it is written.
	Recovered bool
	// Lost is what it has missed, and is not written: the messages From to To, which
	// may be none where the room has another epoch.
	Lost     bool
	From, To uint64
	// Behind is the number of the message before the first one that it is written.
	Behind uint64
}

// replay fills p for a resuming member, which has read the room up to since; if since is nil, the member is
// new. It returns the first message to write. mu is held.
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

// startAt gives m a position before message next, where m waits for Drained. mu is held.
func (h *history) startAt(m *Member, next uint64) {
	r := h.room
	c := r.log.first
	for c != nil && c.seq < next && c.next != nil {
		c = c.next
	}
	if c == nil {
		c = r.log.reserve(1, nil, 0)
	}
	m.behind, m.chunk, m.at = true, c, c.offset(next)
	c.readers++
	r.hub.counters[MembersBehind].Add(1)
	if next <= r.log.seq {
		m.marks |= replaying
	}
	h.count()
}

// remembers tells whether m, which has a position, reads what history keeps anyhow. If
// that is too much together, or too old, the log keeps it for m alone. mu is held.
func (h *history) stillKeeps(m *Member) bool {
	rules := h.bounds()
	if m.chunk == nil || h.room.hub.counters[HistoryBytes].Load() > rules.Memory {
		return false
	}
	c, seq := m.chunk, m.chunk.seqAt(m.at)
	if seq > c.seq { // it has read all of the chunk
		if c = c.next; c == nil {
			return true
		}
		seq = c.first()
	}
	return int64(c.index[seq-c.first()].published) > h.lastUsed/1000-rules.Age && rules.reaches(&h.room.log, c, seq)
}
