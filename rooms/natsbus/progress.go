package natsbus

import (
	"context"
	"sync/atomic"

	"github.com/nats-io/nats.go/jetstream"
)

// progress is how far this node has seen the stream come, in sequence numbers of the stream. A stream
// that has gone back gives out numbers once more.
type progress struct {
	high atomic.Uint64 // the largest one seen
	// vouched is where this node came, or noticed that the stream had gone back. Of an epoch that began
	// behind it, the stream has lost nothing: this node would have noticed.
	vouched atomic.Uint64
	// back is where this node noticed that the stream had gone back; 0: it has not. An epoch with no
	// batch behind it may have lost something, unless a node knew the room.
	back   atomic.Uint64
	warned atomic.Int64 // when the log was told last of rooms that began anew: a moment
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

// viewStream returns what the node knows of the stream and of its connection.
func (b *Bus) viewStream() streamView {
	return streamView{joined: moment(b.joined.Load()), back: b.progress.back.Load(), vouched: b.progress.vouched.Load()}
}

// measure has the stream take a probe. Its number tells whether the stream has gone back. It is
// called before rooms are opened on a new connection.
func (b *Bus) measure(ctx context.Context, l *link, stream jetstream.Stream) error {
	ctx, cancel := context.WithTimeout(ctx, brokerTimeout/2)
	defer cancel()
	high := b.progress.high.Load()
	m, err := l.conn.RequestWithContext(ctx, probePrefix+nodeName(b.node), nil)
	if err != nil {
		return err
	}
	a := parseAck(m)
	if !a.ok() {
		return errNotTaken
	}
	before := l.stream.Load()
	if before != nil && !(*before).CachedInfo().Created.Equal(stream.CachedInfo().Created) {
		high = 0
		b.progress.high.Store(a.Seq)
		b.progress.back.Store(0)
		b.progress.vouched.Store(a.Seq)
	}
	b.measured(high, a.Seq)
	b.tookOne(a.Seq)
	return nil
}

// measured handles that the stream has taken a probe as number at, sent when high was the largest
// number seen.
func (b *Bus) measured(high, at uint64) {
	p := &b.progress
	if at > high {
		p.vouched.CompareAndSwap(0, at)
		return
	}
	b.log.Error("the brokers came back with an older copy of the stream: rooms that have lost messages begin anew; "+
		"sync_interval: always in the brokers' jetstream settings keeps a power cut from doing that", "sequence", at, "was", high)
	p.high.Store(at)
	p.vouched.Store(at)
	p.back.Store(at)
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
	b.log.Error("the brokers have lost messages of a room: it begins anew", "room", room, "rooms", rooms)
}
