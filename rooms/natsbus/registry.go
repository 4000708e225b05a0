package natsbus

import "sync"

// registry has the subjects of a node. It drops a subject if no tick has found it used or needed for forgetAfter. A use
// between two ticks does not count.
type registry struct {
	mu     *sync.Mutex // Bus.mu
	byRoom map[string]*subject
	byID   map[uint64]*subject
	lastID uint64 // the last assigned subject.id
}

func newRegistry(mu *sync.Mutex) registry {
	return registry{mu: mu, byRoom: map[string]*subject{}, byID: map[uint64]*subject{}}
}

// acquire returns the subject of a room. If there is none, it creates one for b. The subject stays until release.
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
	s.users++
	return s
}

// release undoes acquire.
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

// findID returns the subject with an id, or nil if there is none.
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

// due returns the subjects of the group whose turn it is in this tick. mu is held.
func (r *registry) due(tick uint64) (due []*subject) {
	for _, s := range r.byRoom {
		if s.id%tickGroups == tick%tickGroups {
			due = append(due, s)
		}
	}
	return due
}

// drop removes those of the given subjects that no call of drop has found used or needed for forgetAfter.
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
