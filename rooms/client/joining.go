package client

// joining is a room whose joins are not all answered on this connection, or were refused for a
// while. In a cluster such a join takes a round trip, and the server answers a publish that comes
// before with not_joined.
type joining struct {
	joins int           // sent and not answered
	done  chan struct{} // closed when publishing need not wait any more
}

// admit notes that k is sent now. If k is a publish that has to wait for its room, it is not sent,
// and the channel is closed when the wait is over.
func (l *link) admit(k *call) (joined <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	j := l.joining[k.Room]
	switch {
	case k.Type == "publish" && j != nil:
		return j.done
	case k.Type == "join" && j == nil:
		j = &joining{done: make(chan struct{})}
		l.joining[k.Room] = j
		fallthrough
	case k.Type == "join":
		j.joins++
	}
	if k.ID != 0 {
		l.pending[k.ID] = k
	}
	return nil
}

// settle takes the answer to k in, after the rooms have: publishing goes on unless k's room is
// still to be joined.
func (l *link) settle(k *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	j := l.joining[k.Room]
	if j == nil {
		return
	}
	if k.Type == "join" {
		j.joins--
	}
	if r := l.rooms[k.Room]; j.joins > 0 || r != nil && !r.joined {
		return
	}
	close(j.done)
	delete(l.joining, k.Room)
}

// left forgets a room. What was published in it may still be answered, and is of its epoch.
func (l *link) left(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range l.pending {
		if k.Type == "publish" && k.Room == name {
			k.epoch = l.epoch(name)
		}
	}
	delete(l.rooms, name)
}
