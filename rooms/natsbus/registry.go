package natsbus

import "sync"

// registry is the subjects of a node. A subject that nobody uses or needs is dropped after a while.
type registry struct {
	mu     *sync.Mutex // Bus.mu
	byRoom map[string]*subject
	byID   map[uint64]*subject
	lastID uint64 // given to a subject last
}

func newRegistry(mu *sync.Mutex) registry {
	return registry{mu: mu, byRoom: map[string]*subject{}, byID: map[uint64]*subject{}}
}

// acquire returns a room's subject, a new one of b if there is none. It is kept until release.
func (r *registry) acquire(b *Bus, room string) *subject {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.byRoom[room]
	if s == nil {
		r.lastID++
		s = newSubject(b, room, r.lastID)
		r.byRoom[s.room] = s
		r.byID[s.id] = s
	}
	s.users++ // until release
	return s
}

// release ends what acquire began.
func (r *registry) release(s *subject) {
	r.mu.Lock()
	s.users--
	r.mu.Unlock()
}

// find returns a room's subject, or nil if there is none.
func (r *registry) find(room string) *subject {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byRoom[room]
}

// findID returns the subject with a number, or nil if there is none.
func (r *registry) findID(id uint64) *subject {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byID[id]
}

// each calls f for every subject, with no lock held.
func (r *registry) each(f func(s *subject)) {
	r.mu.Lock()
	all := make([]*subject, 0, len(r.byRoom))
	for _, s := range r.byRoom {
		all = append(all, s)
	}
	r.mu.Unlock()
	for _, s := range all {
		f(s)
	}
}

// due returns the subjects whose turn it is. mu is held.
func (r *registry) due(turn uint64) (due []*subject) {
	for _, s := range r.byRoom {
		if s.id%tickGroups == turn%tickGroups {
			due = append(due, s)
		}
	}
	return due
}

// drop drops those of the subjects that nobody has used or needed for a while.
func (r *registry) drop(subjects []*subject, now moment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range subjects {
		switch {
		case s.users > 0 || s.isNeeded():
			s.idle = 0
		case s.idle == 0:
			s.idle = now
		case now-s.idle > forgetAfter:
			delete(r.byRoom, s.room)
			delete(r.byID, s.id)
		}
	}
}
