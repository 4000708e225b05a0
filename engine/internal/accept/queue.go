package accept

// queue is the list of half-open connections, the oldest first. It is linked through conn.next and conn.prev.
type queue struct {
	first, last *conn
	len         int
}

func (q *queue) push(c *conn) {
	c.queued, c.prev = true, q.last
	if q.last == nil {
		q.first = c
	} else {
		q.last.next = c
	}
	q.last = c
	q.len++
}

// remove removes c. It returns false if c is not in the queue.
func (q *queue) remove(c *conn) bool {
	if !c.queued {
		return false
	}
	if c.prev == nil {
		q.first = c.next
	} else {
		c.prev.next = c.next
	}
	if c.next == nil {
		q.last = c.prev
	} else {
		c.next.prev = c.prev
	}
	c.queued, c.prev, c.next = false, nil, nil
	q.len--
	return true
}
