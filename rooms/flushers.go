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
	f := flushes.Get().(*flush)
	defer flushes.Put(f)
	s, next := j.hub.queue.TryPop()
	return s != nil && j.hub.flushFrom(f, s, next)
}

// promise makes a poller flush the segments that were pushed with a promise. If it cannot, a worker does. by may be nil;
// then nothing was promised.
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

// flushFrom flushes s, then the segments that wait, until about turnWork is done. next is the first of them. If there may
// be more, it returns true.
func (h *Hub) flushFrom(f *flush, s, next *segment) (again bool) {
	defer f.writeJoined()
	var last *Room
	for left := turnWork; ; {
		f.joins = last != nil && last != s.room || next != nil && next.room != s.room
		last = s.room
		members, work, again := s.flush(f)
		if again {
			h.queue.Push(&s.item, members, true)
		}
		if left -= work + 1; left <= 0 {
			return true
		}
		if s, next = h.queue.TryPop(); s == nil {
			return false
		}
	}
}

// flushInline flushes the only segment of a room in the goroutine that has published a message. by is the publisher's
// poller, or nil.
func (h *Hub) flushInline(s *segment, by Poller) {
	f := flushes.Get().(*flush)
	defer flushes.Put(f)
	if members, _, again := s.flush(f); again {
		h.queue.Push(&s.item, members, by != nil)
		h.promise(by)
	}
}

// work is the loop of one worker.
func (h *Hub) work() {
	f := new(flush)
	for h.flushNext(f) {
	}
}

// flushNext waits for a segment and flushes it, and others that wait. It returns false if the queue is closed.
func (h *Hub) flushNext(f *flush) bool {
	s, next := h.queue.Pop()
	if s == nil {
		return false
	}
	h.flushFrom(f, s, next)
	h.queue.Done()
	return true
}
