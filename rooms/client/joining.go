package client

// joining is a room that is still to be joined on this connection. One of its joins is not answered yet, or the server has
// refused it for a reason that may pass. Publishes wait for it, because the server would answer them with not_joined. In a
// cluster a join may take a round trip to the brokers.
type joining struct {
	joins int           // joins that were sent and not answered
	done  chan struct{} // closed when publishes need not wait any more
}

// admit records that k is about to be sent. If k is a publish that has to wait for its room, it must not be sent. Then admit
// returns a channel, which is closed when the wait is over.
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

// settle records that k is answered. It ends the wait of publishes, unless the room of k is still to be joined. It is called
// when rooms has been updated.
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

// left removes a room. Publishes of the room that are not answered yet get its epoch, because their answers have only a seq.
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
