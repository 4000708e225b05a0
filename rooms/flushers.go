package rooms

import "plenum/rooms/internal/queue"

// Poller is a Sink that can run a job on the goroutine that reads from its client. An engine.Conn is one.
type Poller interface {
	// AfterTurn makes that goroutine call job.Run after it has served the clients whose bytes have arrived. If Run returns
	// true, it is called again in the same way. A job that waits already is not added again. AfterTurn does not wait. It may
	// be called with locks held, also after the client has left. If it returns false, the job will not run.
	AfterTurn(job interface{ Run() (again bool) }) bool
	// Poller returns the number of that goroutine, from 0. It does not wait, and may be called with locks held.
	Poller() int
	// InBatch reports whether the message that is being handled has arrived together with others from this client. It is
	// called inside Member.Publish, with a lock held.
	InBatch() bool
}

// Joiner is a Sink of several members, in several rooms. It can collect the frames of several rooms, to write them
// together.
type Joiner interface {
	// CollectFrames is WriteFrames, but it may copy the frames and write the copy later. If begins is true, the frames begin a
	// new write, and the caller must call WriteCollected. Otherwise the frames belong to a write that has begun already.
	CollectFrames(b []byte) (taken int, begins bool, err error)
	// WriteCollected writes the collected frames.
	WriteCollected()
}

// turnJob is the job for Poller.AfterTurn: it flushes segments that wait in a shard of the queue.
type turnJob struct {
	hub   *Hub
	shard int
}

// Run flushes segments that wait, on a poller. It returns true if more of them may wait.
func (j *turnJob) Run() (again bool) {
	f := flushers.Get().(*flusher)
	defer flushers.Put(f)
	f.shard = j.shard
	w, next := j.hub.queue.TryPop(f.shard)
	return w != nil && j.hub.flushFrom(f, w, next)
}

// shardOf returns the argument of Queue.Push for work that the poller by pushes, or that another goroutine pushes if by is
// nil. A poller always pushes to the same shard. So the messages of a turn can share writes, and mostly only this poller locks
// the shard.
func (h *Hub) shardOf(by Poller) int {
	if by == nil {
		return queue.Anywhere
	}
	return by.Poller() % len(h.turns)
}

// push queues the work that wake has returned, if any. by is the publisher's poller, which then has to do the work, or nil.
func (h *Hub) push(w woken, by Poller) {
	if w.work != nil {
		to := h.shardOf(by)
		h.queue.Push(&w.work.item, w.size, to)
		h.promise(by, to)
	}
}

// promise makes the poller by do the work that was pushed to a shard. If it cannot, a worker does. If by is nil, promise does
// nothing, because Queue.Push has woken a worker.
func (h *Hub) promise(by Poller, shard int) {
	if by != nil && !by.AfterTurn(&h.turns[shard]) {
		h.queue.Wake(shard)
	}
}

// turnWork bounds the writes of a poller before it serves its clients again. A write counts once, and once more per
// costlyWrite bytes.
const (
	turnWork    = 1024
	costlyWrite = 8 << 10
)

// flushFrom does the work w, then the work that waits in f's shard, until about turnWork is done. next is the first work
// that waits there, or nil. flushFrom returns true if more work may wait.
func (h *Hub) flushFrom(f *flusher, w, next *work) (again bool) {
	defer f.writeJoined()
	var last *Room
	for left := turnWork; ; {
		f.joinsFirst = last != nil && last != w.room
		f.joinsLast = next != nil && next.room != w.room
		last = w.room
		done, _ := h.flush(f, w, left, f.shard)
		if left -= done + 1; left <= 0 {
			return true
		}
		if w, next = h.queue.TryPop(f.shard); w == nil {
			return false
		}
	}
}

// writeJoined writes the collected frames.
func (f *flusher) writeJoined() {
	for _, j := range f.joined {
		j.WriteCollected()
	}
	clear(f.joined)
	f.joined, f.joinsFirst, f.joinsLast = f.joined[:0], false, false
}

// flushInline flushes the only segment of a room in the goroutine that has published a message. by is the publisher's
// poller, or nil.
func (h *Hub) flushInline(s *segment, by Poller) {
	f := flushers.Get().(*flusher)
	defer flushers.Put(f)
	to := h.shardOf(by)
	if _, pushed := h.flush(f, &s.work, turnWork, to); pushed {
		h.promise(by, to)
	}
}

// work is the loop of a worker, until the queue is closed. worker is its number.
func (h *Hub) work(worker int) {
	f := &flusher{number: uint32(worker), shard: worker}
	for h.flushNext(f) {
	}
}

// flushNext waits for work and does it, and then more work of the worker's shard. It returns false if the queue is closed.
func (h *Hub) flushNext(f *flusher) bool {
	w, next := h.queue.Pop(f.shard)
	if w == nil {
		return false
	}
	h.flushFrom(f, w, next)
	return true
}
