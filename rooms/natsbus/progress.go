package natsbus

import "sync/atomic"

// progress has the sequence numbers of a stream that this node has seen. If the stream goes back to an older
// copy, it assigns sequence numbers a second time.
type progress struct {
	acked  atomic.Int64 // moment when the stream last took something
	joined atomic.Int64 // moment when the present connection became ready

	soon atomic.Uint64 // see fill.soon; at most measureEvery old

	high atomic.Uint64 // the largest number seen
	// watchedFrom is the stream's last number when this node started, or when it last noticed that the stream
	// had gone back; 0: no probe was acknowledged yet. The stream has lost nothing of an epoch that began after it,
	// because this node would have noticed.
	watchedFrom atomic.Uint64
	// rollbackSeenAt is the stream's last number when this node last noticed that the stream had gone back; 0:
	// never. It begins with Config.LostUpTo. A room without a batch after it may have lost messages, unless a node
	// knew the room.
	rollbackSeenAt atomic.Uint64
}

// reach notes that the stream has reached number at.
func (p *progress) reach(at uint64) {
	for {
		high := p.high.Load()
		if at <= high || p.high.CompareAndSwap(high, at) {
			return
		}
	}
}

// take notes that the stream has taken a message at now, as number at.
func (p *progress) take(at uint64, now moment) {
	p.acked.Store(int64(now))
	p.reach(at)
}

// view returns a copy for an event.
func (p *progress) view() streamView {
	return streamView{
		joined: moment(p.joined.Load()), soon: p.soon.Load(),
		rollbackSeenAt: p.rollbackSeenAt.Load(), watchedFrom: p.watchedFrom.Load(),
	}
}

// restart notes that the stream was created again, and has reached number at.
func (p *progress) restart(at uint64) {
	p.high.Store(at)
	p.rollbackSeenAt.Store(0)
	p.watchedFrom.Store(at)
}

// wentBack reports whether the stream has gone back, and notes it. The stream has taken a probe as number at.
// When the probe was sent, high was the largest number seen.
func (p *progress) wentBack(high, at uint64) bool {
	if at > high {
		p.watchedFrom.CompareAndSwap(0, at)
		return false
	}
	p.high.Store(at)
	p.watchedFrom.Store(at)
	p.rollbackSeenAt.Store(at)
	return true
}

// onProbed handles the acknowledgement of a probe as number at. When it was sent, high was the largest number
// seen. If the stream has gone back, all its rooms are verified.
func (b *Bus) onProbed(s *stream, high, at uint64) {
	if !s.progress.wentBack(high, at) {
		return
	}
	b.log.Error("nats: brokers returned with an older copy of the stream, rooms that lost messages start again with a new epoch: "+
		"set sync_interval: always on the brokers to prevent this", "stream", s.name, "sequence", at, "seen_before", high)
	b.subjects.each(func(room *subject) { room.onIn(s, evVerify) })
}

// warnEvery is the shortest interval between two log lines about rooms that this node started again. It is also that
// between two about failed connects, and between two about a node that cannot work with this one.
const warnEvery = checkAfter

// renewedOne counts and logs a room that this node started again with a new epoch.
func (b *Bus) renewedOne(room string) {
	rooms := b.counters[Rollbacks].Add(1)
	now := b.now()
	if last := moment(b.warned.Load()); last != 0 && now-last < warnEvery {
		return
	}
	b.warned.Store(int64(now))
	b.log.Error("nats: brokers lost messages of a room, it starts again with a new epoch", "room", loggedName(room), "rooms_so_far", rooms)
}
