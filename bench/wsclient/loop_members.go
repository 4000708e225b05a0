package wsclient

import (
	"golang.org/x/sys/unix"
	"plenum/codec/frame"
)

// add gives c and its socket to the loop. On an error the socket still belongs to the caller.
func (l *loop) add(c *Client) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return ErrShutdown
	}
	fd := c.fd
	for len(l.clients) <= fd {
		l.clients = append(l.clients, nil)
	}
	l.clients[fd] = c
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	if c.early || c.out != nil {
		event.Events |= unix.EPOLLOUT
	}
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		l.clients[fd] = nil
		return err
	}
	if c.dial == nil {
		l.counters.open.Add(1)
	}
	return nil
}

// fail ends a connection whose server has violated the protocol. It sends a close frame first.
func (l *loop) fail(c *Client, fault *Fault) {
	c.closeWith(fault.Code, fault.What)
	l.finish(c, End{Code: fault.Code, Err: fault})
}

// finish closes the socket of c. If the server had sent a close frame, that is the reported
// end. If the upgrade of c is not done, its dial has failed.
func (l *loop) finish(c *Client, end End) {
	if c.end != nil {
		end = *c.end
	}
	l.mu.Lock()
	l.clients[c.fd] = nil // before the kernel can reuse the descriptor
	l.mu.Unlock()
	c.release()
	if c.dial != nil {
		c.dial.fail(end.Err)
		return
	}
	l.count(end)
	l.cfg.OnClose(c, end)
}

// count counts the end of a connection.
func (l *loop) count(end End) {
	l.counters.open.Add(-1)
	if end.Err == nil {
		l.counters.clean.Add(1)
		return
	}
	l.counters.broken.Add(1)
	if _, ok := end.Err.(*Fault); ok {
		l.counters.faults.Add(1)
	}
}

// stop lets run return after the current batch.
func (l *loop) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return
	}
	l.stopped = true
	_, _ = unix.Write(l.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // it cannot fail: the counter is 0
}

// end closes all clients that are left. It closes the loop's own descriptors last, when no client
// and no stop can use them any more.
func (l *loop) end() {
	l.mu.Lock()
	left := append([]*Client(nil), l.clients...)
	l.mu.Unlock()
	for _, c := range left {
		if c != nil {
			l.finish(c, End{Code: frame.CloseAbnormal, Err: ErrShutdown})
		}
	}
	unix.Close(l.wake)
	unix.Close(l.epoll)
}
