package wsclient

import (
	"time"

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
	if c.early {
		event.Events |= unix.EPOLLOUT
	}
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		l.clients[fd] = nil
		return err
	}
	l.counters.open.Add(1)
	return nil
}

// fail ends a connection whose server has violated the protocol. It sends a close frame first.
func (l *loop) fail(c *Client, fault *Fault) {
	c.closeWith(fault.Code, fault.What)
	l.finish(c, End{Code: fault.Code, Err: fault})
}

// finish closes the socket of c. If the server had sent a close frame, that is the reported
// end.
func (l *loop) finish(c *Client, end End) {
	if c.end != nil {
		end = *c.end
	}
	l.count(end)
	l.mu.Lock()
	l.clients[c.fd] = nil // before the kernel can reuse the descriptor
	l.mu.Unlock()
	c.release()
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
	// This cannot fail: newLoop has set a deadline before. Nothing else sets one.
	_ = l.file.SetReadDeadline(time.Unix(1, 0))
}

// end closes all clients that are left. It closes the epoll descriptor last, when no client can
// use it any more.
func (l *loop) end() {
	l.mu.Lock()
	left := append([]*Client(nil), l.clients...)
	l.mu.Unlock()
	for _, c := range left {
		if c != nil {
			l.finish(c, End{Code: frame.CloseAbnormal, Err: ErrShutdown})
		}
	}
	l.file.Close()
}
