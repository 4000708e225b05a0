package natsbus

import "sync/atomic"

// progress is how far this node has seen the stream come, in sequence numbers of the stream, and when. A
// stream that has gone back gives out numbers once more.
type progress struct {
	acked  atomic.Int64 // when the stream last took something: a moment
	joined atomic.Int64 // when the connection that there is was ready: a moment

	high atomic.Uint64 // the largest one seen
	// vouched is where this node came, or noticed that the stream had gone back. Of an epoch that began
	// behind it, the stream has lost nothing: this node would have noticed.
	watchedFrom atomic.Uint64
	// back is where this node noticed that the stream had gone back; 0: it has not. An epoch with no
	// batch behind it may have lost something, unless a node knew the room.
	rollbackSeenAt atomic.Uint64
	warned         atomic.Int64 // when the log was told last of rooms that began anew: a moment
}

// reach notes that the stream has come to at.
func (p *progress) reach(at uint64) {
	for {
		high := p.high.Load()
		if at <= high || p.high.CompareAndSwap(high, at) {
			return
		}
	}
}

// take notes that the stream has taken something at now, as number at.
func (p *progress) take(at uint64, now moment) {
	p.acked.Store(int64(now))
	p.reach(at)
}

// view returns what the node knows of the stream and of its connection.
func (p *progress) view() streamView {
	return streamView{joined: moment(p.joined.Load()), rollbackSeenAt: p.rollbackSeenAt.Load(), watchedFrom: p.watchedFrom.Load()}
}

// restart notes that the stream is another than before, and has come to at.
func (p *progress) restart(at uint64) {
	p.high.Store(at)
	p.rollbackSeenAt.Store(0)
	p.watchedFrom.Store(at)
}

// wentBack tells whether the stream has gone back, and notes it: it has taken a probe as number at, sent
// when high was the largest number seen.
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

// measured handles that the stream has taken a probe as number at, sent when high was the largest
// number seen.
func (b *Bus) onProbed(high, at uint64) {
	if !b.progress.wentBack(high, at) {
		return
	}
	b.log.Error("nats: brokers returned with an older copy of the stream, rooms that lost messages start again with a new epoch: "+
		"set sync_interval: always on the brokers to prevent this", "sequence", at, "seen_before", high)
	b.subjects.each(func(s *subject) { s.on(evVerify) })
}

// warnEvery is how often the log is told of rooms that this node had begin anew.
const warnEvery = checkAfter

// renewedOne counts a room that this node had begin anew.
func (b *Bus) renewedOne(room string) {
	rooms := b.counters[Rollbacks].Add(1)
	now := b.now()
	if last := moment(b.progress.warned.Load()); last != 0 && now-last < warnEvery {
		return
	}
	b.progress.warned.Store(int64(now))
	b.log.Error("nats: brokers lost messages of a room, it starts again with a new epoch", "room", room, "rooms_so_far", rooms)
}
