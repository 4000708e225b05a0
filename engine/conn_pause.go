package engine

import (
	"errors"
	"syscall"

	"github.com/lesismal/nbio"
	"golang.org/x/sys/unix"
)

// maxReads is how often a connection is read before the poller turns to the next one: as
// often as its receive buffer can be emptied, because nbio closes a connection whose peer
// has sent FIN after one call of readable, and what is not read by then is lost. The kernel
// doubles maxUnread.
const maxReads = 2*maxUnread/nbio.DefaultReadBufferSize + 1

// PauseReading stops reading from the client. It is to be called within OnMessage, and takes
// effect when OnMessage returns: the next message is delivered after ResumeReading.
// Meanwhile the client's bytes wait in the socket, and TCP slows the client down; of the bytes
// read already, up to 64 KiB (80 over TLS) wait in memory. The heartbeat does not end a paused connection,
// because the client's pong may be among the bytes that wait.
//
// The pause also ends if the connection is closed, or if the client has sent FIN: then all
// bytes that have arrived are delivered first. For messages that came along with the
// handshake PauseReading does nothing.
func (c *Conn) PauseReading() {
	if c.turn.Load()&unpausable == 0 {
		c.turn.Or(paused)
	}
}

// ResumeReading ends a pause. Any goroutine may call it, also if there is no pause.
func (c *Conn) ResumeReading() {
	if c.turn.Load()&paused == 0 {
		return
	}
	c.onPoller(func() {
		c.turn.And(^paused)
		c.heard.Store(c.engine.now.Load()) // it had no chance to be heard
		c.deliverUnread()
		c.readOn()
	})
}

// readable is nbio's, on the poller: bytes or a FIN have arrived. No further event comes
// for the bytes that it leaves in the socket.
func (c *Conn) readable() {
	if c.turn.Load()&paused == 0 {
		c.readOn()
	}
	if c.turn.Load()&paused != 0 && c.peerEnded() {
		c.turn.Or(unpausable)
		c.turn.And(^paused)
		c.deliverUnread()
		c.readOn() // nbio closes the connection afterwards
	}
}

// readOn reads the socket until it is empty, or until the next pause. It runs on the poller.
func (c *Conn) readOn() {
	buf := *c.engine.nb.PollerBufferPtr(c.raw)
	for range maxReads {
		if c.turn.Load()&paused != 0 {
			return
		}
		n, err := c.raw.Read(buf)
		switch {
		case n > 0:
			c.onData(buf[:n])
			yieldSometimes()
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil && !errors.Is(err, syscall.EAGAIN):
			_ = c.raw.CloseWithError(err)
		}
		if n < len(buf) {
			return
		}
	}
	// It sends faster than it is read: the other connections come first.
	c.onPoller(c.readOn)
}

// onPoller has the connection's poller run job soon.
func (c *Conn) onPoller(job func()) {
	boxes := c.engine.mailboxes
	boxes[c.raw.Hash()%len(boxes)].post(job)
}

// deliverUnread delivers what was read before a pause.
func (c *Conn) deliverUnread() {
	if c.turn.Or(reading)&gone != 0 {
		return
	}
	c.feedUnread()
	c.endTurn()
}

// feedUnread feeds what was read before a pause. It is whoever's that reads.
func (c *Conn) feedUnread() {
	if c.in == nil || len(c.in.unread) == 0 {
		return
	}
	data := c.in.unread
	c.in.unread = nil
	c.guard(func() { c.feed(data) })
}

// peerEnded reports whether the peer has sent FIN or RST.
func (c *Conn) peerEnded() bool {
	c.raw.Lock()
	defer c.raw.Unlock()
	if isClosed, _ := c.raw.IsClosed(); isClosed {
		return false
	}
	fds := []unix.PollFd{{Fd: int32(c.raw.Hash()), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0
}
