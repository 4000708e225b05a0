package rooms

// Poller is a Sink that can run a job on the goroutine that reads from its client. An engine.Conn is one.
type Poller interface {
	// AfterTurn makes that goroutine call job.Run after it has served the clients that have sent something already. If Run
	// returns true, it is called again in the same way. A job that waits already is not added again. AfterTurn does not
	// wait. It may be called with locks held, after the client has left, too. If it returns false, the job will not run.
	AfterTurn(job interface{ Run() (again bool) }) bool
	// InBatch reports whether the message that is being handled has arrived together with others from this client. It is
	// called inside Member.Publish.
	InBatch() bool
}

// Joiner is a Sink of several members, in several rooms. It can collect the frames of several rooms, to write them
// together.
type Joiner interface {
	// CollectFrames is WriteFrames, but it may copy the frames and write the copy later. If begins, the frames begin a new
	// write, and the caller must call WriteCollected. Otherwise the frames belong to a write that has begun already.
	CollectFrames(b []byte) (taken int, begins bool, err error)
	// WriteCollected writes the collected frames.
	WriteCollected()
}

// turnJob is the job for Poller.AfterTurn: it flushes segments that wait.
type turnJob struct{ hub *Hub }

// Run flushes segments that wait, on a poller. If there may be more of them, it returns true.
func (j *turnJob) Run() (again bool) {
	f := flushers.Get().(*flusher)
	defer flushers.Put(f)
	w, next := j.hub.queue.TryPop()
	return w != nil && j.hub.flushFrom(f, w, next)
}

// push queues the work that wake has returned, if any. by is the publisher's poller, which then has to do it, or nil.
func (h *Hub) push(w woken, by Poller) {
	if w.work != nil {
		h.queue.Push(&w.work.item, w.size, by != nil)
		h.promise(by)
	}
}

// promise makes a poller do the work that was pushed with a promise. If it cannot, a worker does. by may be nil; then
// nothing was promised.
func (h *Hub) promise(by Poller) {
	if by != nil && !by.AfterTurn(&h.turn) {
		h.queue.Wake()
	}
}

// turnWork bounds the writes of a poller before it serves its clients again. A write counts once, and once more per
// costlyWrite bytes.
const (
	turnWork    = 1024
	costlyWrite = 8 << 10
)

// flushFrom does the work w, then the work that waits, until about turnWork is done. next is the first that waits. If
// there may be more, it returns true.
func (h *Hub) flushFrom(f *flusher, w, next *work) (again bool) {
	defer f.writeJoined()
	var last *Room
	for left := turnWork; ; {
		f.joinsFirst = last != nil && last != w.room
		f.joinsLast = next != nil && next.room != w.room
		last = w.room
		done, _ := h.flush(f, w, left, true)
		if left -= done + 1; left <= 0 {
			return true
		}
		if w, next = h.queue.TryPop(); w == nil {
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
	if _, pushed := h.flush(f, &s.work, turnWork, by != nil); pushed {
		h.promise(by)
	}
}

// work is the loop of one worker.
func (h *Hub) work() {
	f := newFlusher()
	for h.flushNext(f) {
	}
}

// flushNext waits for work and does it, and more that waits. It returns false if the queue is closed.
func (h *Hub) flushNext(f *flusher) bool {
	w, next := h.queue.Pop()
	if w == nil {
		return false
	}
	h.flushFrom(f, w, next)
	h.queue.Done()
	return true
}
