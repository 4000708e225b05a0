package rooms

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// poller runs the jobs of its Sinks when a test calls turn.
type poller struct {
	number int

	mu      sync.Mutex
	jobs    []interface{ Run() (again bool) }
	stopped bool
}

func (p *poller) turn() {
	p.mu.Lock()
	jobs := p.jobs
	p.jobs = nil
	p.mu.Unlock()
	for _, job := range jobs {
		if job.Run() {
			p.add(job)
		}
	}
}

func (p *poller) add(job interface{ Run() (again bool) }) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.stopped && !slices.Contains(p.jobs, job) {
		p.jobs = append(p.jobs, job)
	}
	return !p.stopped
}

// waiting returns the number of jobs.
func (p *poller) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.jobs)
}

// polled is a Sink with a poller.
type polled struct {
	*sink
	poller *poller
	batch  bool
}

func (p *polled) AfterTurn(job interface{ Run() (again bool) }) bool { return p.poller.add(job) }

func (p *polled) InBatch() bool { return p.batch }

func (p *polled) Poller() int { return p.poller.number }

func joinPolled(t *testing.T, h *Hub, room string, p *poller) *polled {
	t.Helper()
	s := &polled{sink: newSink("Ada"), poller: p}
	require.NoError(t, h.Join(&s.member, room, s, 1))
	return s
}

func TestALargeRoomIsWrittenByThePublishersPollerAfterItsTurn(t *testing.T) {
	h, p := New(silent()), new(poller)
	publisher := joinPolled(t, h, "general", p)
	members := joinMany(h, "general", 3*segmentSize)
	publisher.publish(t, "hi")
	publisher.publish(t, "and more")
	assert.Empty(t, members[0].got)
	p.turn()
	for _, m := range append(members, publisher.sink) {
		assert.Equal(t, numbers(1, 2), m.seqs(t))
		assert.Equal(t, 1, m.writes)
	}
	assert.Zero(t, h.queue.Len())
	assert.Zero(t, p.waiting())
}

func TestAPollerServesItsClientsBetweenTwoPartsOfALargeRoom(t *testing.T) {
	h, p := New(silent()), new(poller)
	publisher := joinPolled(t, h, "general", p)
	members := joinMany(h, "general", 3*turnWork)
	publisher.publish(t, "hi")
	written := func() (n int) {
		for _, m := range members {
			n += m.frames()
		}
		return n
	}
	for turn := 1; turn <= 3; turn++ {
		p.turn()
		assert.InDelta(t, turn*turnWork, written(), 2*segmentSize, "turn %d", turn)
	}
	p.turn()
	assert.Equal(t, len(members), written())
	assert.Zero(t, p.waiting())
}

func TestATurnIsBoundedForManyRoomsToo(t *testing.T) {
	h, p := New(silent()), new(poller)
	const rooms = 20
	var all []*sink
	for i := range rooms {
		room := strings.Repeat("r", i+1)
		publisher := joinPolled(t, h, room, p)
		all = append(all, joinMany(h, room, 4*segmentSize)...)
		publisher.publish(t, "hi")
	}
	p.turn()
	written := 0
	for _, m := range all {
		written += m.frames()
	}
	assert.InDelta(t, turnWork, written, 2*segmentSize)
}

func TestLongFramesAreMoreWorkForAPoller(t *testing.T) {
	h, p := New(silent()), new(poller)
	publisher := joinPolled(t, h, "general", p)
	members := joinMany(h, "general", 4*segmentSize)
	publisher.publish(t, strings.Repeat("x", 10*costlyWrite))
	p.turn()
	written := 0
	for _, m := range members {
		written += m.frames()
	}
	assert.InDelta(t, turnWork/10, written, 2*segmentSize)
}

func TestAWorkerWritesIfThePublishersPollerHasStopped(t *testing.T) {
	serving(t, silent(), func(t *testing.T, h *Hub) {
		publisher := joinPolled(t, h, "general", &poller{stopped: true})
		members := joinMany(h, "general", 3*segmentSize)
		publisher.publish(t, "hi")
		synctest.Wait()
		for _, m := range members {
			assert.Equal(t, 1, m.frames())
		}
	})
}

func TestMessagesThatArriveTogetherShareOneWritePerMember(t *testing.T) {
	h, p := New(silent()), new(poller)
	publisher := joinPolled(t, h, "general", p)
	other := join(h, "general", "other")
	publisher.batch = true
	for range 5 {
		publisher.publish(t, "hi")
	}
	p.turn()
	assert.Equal(t, numbers(1, 5), other.seqs(t))
	assert.EqualValues(t, 2, h.Stats().Counts[Writes])
}

func TestAFloodIntoASmallRoomIsFlushedInlineOncePerMillisecond(t *testing.T) {
	h, p := New(silent()), new(poller)
	publisher := joinPolled(t, h, "general", p)
	for range 5 {
		publisher.member.Publish(body(t, "hi"), 1000, nil)
	}
	assert.Equal(t, numbers(1, 1), publisher.seqs(t))
	p.turn()
	assert.Equal(t, numbers(1, 5), publisher.seqs(t))
	assert.EqualValues(t, 2, h.Stats().Counts[Writes])
}

// A message that is published during an inline flush must not wait for the next message.
func TestAMessagePublishedDuringAnInlineFlushIsWrittenByThePoller(t *testing.T) {
	h, p := New(silent()), new(poller)
	publisher := joinPolled(t, h, "general", p)
	publisher.during = func() { publisher.publish(t, "meanwhile") }
	publisher.publish(t, "first")
	assert.Equal(t, 1, p.waiting())
	p.turn()
	assert.Equal(t, numbers(1, 2), publisher.seqs(t))
}

func TestAMemberThatHasDrainedIsWrittenByItsPoller(t *testing.T) {
	h, p := New(silent()), new(poller)
	publisher, slow := join(h, "general", "fast"), joinPolled(t, h, "general", p)
	slow.free = 0
	publisher.publishMany(t, h, 3)
	require.Zero(t, p.waiting())
	slow.drain(-1)
	assert.Equal(t, 1, p.waiting())
	p.turn()
	assert.Equal(t, numbers(1, 3), slow.seqs(t))
}

// joiner is a Sink that collects frames.
type joiner struct {
	polled
	kept []byte
}

func (j *joiner) CollectFrames(b []byte) (taken int, begins bool, err error) {
	begins = j.kept == nil
	j.kept = append(j.kept, b...)
	return len(b), begins, nil
}

func (j *joiner) WriteCollected() {
	_, _ = j.WriteFrames(j.kept)
	j.kept = nil
}

func TestTheMessagesOfSeveralRoomsShareOneWritePerSink(t *testing.T) {
	h, p := New(silent()), new(poller)
	const rooms = 20
	members := make([]Member, rooms)
	j := &joiner{polled: polled{sink: newSink("Ada"), poller: p, batch: true}}
	others := make([]*sink, rooms)
	for i := range members {
		room := strings.Repeat("r", i+1)
		require.NoError(t, h.Join(&members[i], room, j, 1))
		others[i] = join(h, room, "other")
	}
	for i := range members {
		members[i].Publish(body(t, "hi"), clock(), nil)
	}
	p.turn()
	assert.Equal(t, 1, j.writes)
	assert.Equal(t, rooms, j.frames())
	for _, o := range others {
		assert.Equal(t, numbers(1, 1), o.seqs(t))
	}
	assert.EqualValues(t, 1+rooms, h.Stats().Counts[Writes])
	assert.EqualValues(t, 2*rooms, h.Stats().Counts[Deliveries])
}

func TestTheMessagesOfOneRoomAreNotCollected(t *testing.T) {
	h, p := New(silent()), new(poller)
	j := &joiner{polled: polled{sink: newSink("Ada"), poller: p, batch: true}}
	require.NoError(t, h.Join(&j.member, "general", j, 1))
	joinMany(h, "general", 2*segmentSize)
	j.publish(t, "hi")
	j.during = func() { assert.Nil(t, j.kept) }
	p.turn()
	assert.Equal(t, 1, j.writes)
}

// serving runs test in fake time, with a hub that serves.
func serving(t *testing.T, cfg Config, test func(t *testing.T, h *Hub)) {
	synctest.Test(t, func(t *testing.T) { test(t, serveWith(t, cfg)) })
}

// The poller is busy, so it does not run its jobs.
func TestWorkersHelpAPollerWithAVeryLargeRoom(t *testing.T) {
	cfg := silent()
	cfg.Workers = 4
	serving(t, cfg, func(t *testing.T, h *Hub) {
		publisher := joinPolled(t, h, "general", new(poller))
		members := joinMany(h, "general", 3*turnWork)
		publisher.publish(t, "hi")
		synctest.Wait()
		for _, m := range members {
			assert.Equal(t, 1, m.frames())
		}
	})
}

func TestWorkersWriteMessagesFromOutsideAtOnce(t *testing.T) {
	cfg := silent()
	cfg.Workers = 2
	serving(t, cfg, func(t *testing.T, h *Hub) {
		members := joinMany(h, "general", 3*segmentSize)
		_, _, err := publishOutside(h, "general", body(t, "hi"), clock())
		require.NoError(t, err)
		synctest.Wait()
		assert.Equal(t, 1, members[0].frames())
		assert.Equal(t, 1, members[3*segmentSize-1].frames())
	})
}

func TestAWriteDelayLetsMessagesShareAWrite(t *testing.T) {
	cfg := silent()
	cfg.WriteDelay = 10 * time.Millisecond
	serving(t, cfg, func(t *testing.T, h *Hub) {
		m := join(h, "general", "m")
		for range 3 { // each time the same
			m.writes = 0
			before := m.frames()
			m.publish(t, "first")
			time.Sleep(9 * time.Millisecond) // fake time
			m.publish(t, "second")
			synctest.Wait()
			assert.Equal(t, before, m.frames())
			time.Sleep(time.Millisecond)
			synctest.Wait()
			assert.Equal(t, before+2, m.frames())
			assert.Equal(t, 1, m.writes)
			time.Sleep(time.Second)
		}
	})
}

// The delay of a message that is published during a flush begins with its publish.
func TestAMessagePublishedDuringADelayedFlushWaitsForItsOwnDelay(t *testing.T) {
	for name, c := range map[string]struct{ flush, arrives time.Duration }{
		"short flush": {time.Millisecond, 20 * time.Millisecond},
		"long flush":  {25 * time.Millisecond, 35 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := silent()
			cfg.WriteDelay = 10 * time.Millisecond
			serving(t, cfg, func(t *testing.T, h *Hub) {
				m := join(h, "general", "m")
				m.during = func() { m.publish(t, "second"); time.Sleep(c.flush) }
				m.publish(t, "first")
				time.Sleep(c.arrives - time.Millisecond) // fake time
				synctest.Wait()
				assert.LessOrEqual(t, m.frames(), 1)
				time.Sleep(time.Millisecond)
				synctest.Wait()
				assert.Equal(t, 2, m.frames())
				assert.Equal(t, 2, m.writes)
			})
		})
	}
}

func TestManyHeldFramesAreWrittenBeforeTheDelayIsOver(t *testing.T) {
	cfg := silent()
	cfg.WriteDelay = time.Second
	serving(t, cfg, func(t *testing.T, h *Hub) {
		m := join(h, "general", "m")
		const messages = 50 // four of them are more than a large chunk
		for range messages {
			m.publish(t, strings.Repeat("x", 20_000))
		}
		synctest.Wait()
		assert.GreaterOrEqual(t, m.frames(), messages/4*4, "all but the last ones, which do not fill the bound")
		time.Sleep(time.Second) // fake time
		synctest.Wait()
		assert.Equal(t, messages, m.frames())
	})
}

// The chunks of a log that keeps history are small at first.
func TestFramesInSeveralChunksAreHeldTogether(t *testing.T) {
	cfg := silent()
	cfg.WriteDelay, cfg.History = time.Second, History{Messages: 100, Age: 3600, Memory: 1 << 20}
	serving(t, cfg, func(t *testing.T, h *Hub) {
		m := join(h, "general", "m")
		for range 10 {
			m.publish(t, strings.Repeat("x", 300))
		}
		time.Sleep(999 * time.Millisecond) // fake time
		synctest.Wait()
		assert.Zero(t, m.frames())
		time.Sleep(time.Millisecond)
		synctest.Wait()
		assert.Equal(t, 10, m.frames())
	})
}

func TestHeldFramesDoNotPutARoomUnderPressure(t *testing.T) {
	cfg := silent()
	cfg.WriteDelay, cfg.SlowLag = 100*time.Millisecond, 64<<10
	serving(t, cfg, func(t *testing.T, h *Hub) {
		m := join(h, "general", "m")
		for range 60 {
			m.publish(t, strings.Repeat("x", 1000))
			synctest.Wait()
			assert.False(t, m.member.segment.Load().room.overload.pressed.Load())
		}
	})
}

func TestTheWriteDelayHoldsForMessagesOfTheBusToo(t *testing.T) {
	cfg := silent()
	cfg.WriteDelay = 10 * time.Millisecond
	serving(t, cfg, func(t *testing.T, h *Hub) {
		m := join(h, "general", "m")
		room := m.member.segment.Load().room
		require.NoError(t, room.Deliver(Batch{First: 1, Bodies: slices.Values([][]byte{body(t, "hi")}), Published: 1}))
		time.Sleep(9 * time.Millisecond) // fake time
		synctest.Wait()
		assert.Zero(t, m.frames())
		time.Sleep(time.Millisecond)
		synctest.Wait()
		assert.Equal(t, 1, m.frames())
	})
}

func TestAMemberMayLeaveDuringTheWriteDelay(t *testing.T) {
	cfg := silent()
	cfg.WriteDelay = time.Second
	serving(t, cfg, func(t *testing.T, h *Hub) {
		m, last := join(h, "general", "m"), join(h, "general", "last")
		m.publish(t, "hi")
		m.member.Leave(1)
		last.member.Leave(1)
		assert.Zero(t, h.Stats().Counts[Rooms])
		time.Sleep(2 * time.Second) // fake time
		synctest.Wait()
		require.NoError(t, h.Check())
	})
}

// A worker that has stolen a room goes on with it, although other shards have work, too.
func TestAWorkerKeepsTheRestOfARoomThatItHasStolen(t *testing.T) {
	cfg := silent()
	cfg.Workers = 2
	h, p := New(cfg), &poller{number: 1}
	publisher := joinPolled(t, h, "general", p)
	joinMany(h, "general", 3*turnWork)
	publisher.publish(t, "hi")
	require.True(t, h.flushNext(&flusher{shard: 0}))
	assert.Equal(t, 1, h.queue.Len())
	w, _ := h.queue.TryPop(0)
	require.NotNil(t, w, "the rest is in the worker's own shard")
	h.queue.Push(&w.item, 1, 0)
	h.settle()
	require.NoError(t, h.Check())
}

func TestEachPollerWritesTheRoomsOfItsOwnClients(t *testing.T) {
	cfg := silent()
	cfg.Workers = 2
	h, pollers := New(cfg), []*poller{{number: 0}, {number: 3}}
	rooms := []string{"first", "second"}
	var members []*sink
	for i, room := range rooms {
		publisher := joinPolled(t, h, room, pollers[i])
		members = append(members, joinMany(h, room, 2*segmentSize)[0])
		publisher.publish(t, "hi")
	}
	assert.Equal(t, []int{0, 0}, []int{members[0].frames(), members[1].frames()})
	pollers[1].turn()
	assert.Equal(t, []int{0, 1}, []int{members[0].frames(), members[1].frames()})
	pollers[0].turn()
	assert.Equal(t, []int{1, 1}, []int{members[0].frames(), members[1].frames()})
}
