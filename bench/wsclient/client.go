package wsclient

import (
	"errors"
	"sync"

	"golang.org/x/sys/unix"
	"plenum/bench/wsclient/internal/socket"
	"plenum/codec/frame"
)

// Client is one connection of a Pool.
type Client struct {
	// set at creation
	tag  int
	loop *loop
	tls  *socket.TLS // nil: plain

	// owned by the loop
	tail    []byte   // cut-off start of a frame
	partial *partial // message whose last fragment has not come
	end     *End     // by the server's close frame

	mu     sync.Mutex
	out    *backlog // nil: the socket has taken everything
	fd     int      // written under mu by the loop only, which reads it without; -1: closed
	paused bool
	closed bool // a close frame was sent
	early  bool // TLS may hold what came with the response, which raises no event
}

// Errors of Send and Close.
var (
	ErrClosed  = errors.New("bench: connection is closed")
	ErrBacklog = errors.New("bench: backlog is full")
)

// Tag returns the number that Dial was given.
func (c *Client) Tag() int { return c.tag }

// ReadAt returns when the message being handled had been read from the socket,
// by clock.Monotonic. It is for OnMessage only.
func (c *Client) ReadAt() int64 { return c.loop.at }

// Loop returns the number of the loop that serves c, from 0 to Config.Loops.
func (c *Client) Loop() int { return c.loop.index }

// Frame returns the frame of the message being handled, as it was on the wire, until the
// call ends; nil: the message had several. It is for OnMessage only.
func (c *Client) Frame() []byte { return c.loop.frame }

// Pause stops reading, as a slow reader does: the server's bytes fill the socket.
// What is already read is still delivered. An error on the socket ends the pause.
func (c *Client) Pause() error { return c.setPaused(true) }

// Resume reads again after Pause.
func (c *Client) Resume() error { return c.setPaused(false) }

func (c *Client) setPaused(paused bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd < 0 {
		return ErrClosed
	}
	c.paused = paused
	return c.watch()
}

// watch tells epoll what c waits for. The caller holds mu.
func (c *Client) watch() error {
	event := unix.EpollEvent{Fd: int32(c.fd)}
	if !c.paused {
		event.Events |= unix.EPOLLIN
	}
	if c.out.size() > 0 || c.early && !c.paused {
		event.Events |= unix.EPOLLOUT
	}
	return unix.EpollCtl(c.loop.epoll, unix.EPOLL_CTL_MOD, c.fd, &event)
}

// Close begins the closing handshake with code, frame.CloseNoStatus for none.
// OnClose follows when the server has answered and closed the socket.
func (c *Client) Close(code int) error { return c.closeWith(code, "") }

func (c *Client) closeWith(code int, reason string) error {
	var payload [frame.MaxControl]byte
	b := masked(nil, frame.Close, frame.AppendClosePayload(payload[:0], code, reason))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.fd < 0 {
		return ErrClosed
	}
	c.closed = true
	return c.push(b)
}

// release closes the socket, on the loop, after the loop's table has forgotten it.
func (c *Client) release() {
	c.tail, c.partial = nil, nil
	c.mu.Lock()
	defer c.mu.Unlock()
	unix.Close(c.fd)
	if c.out != nil {
		c.out.take(c.out.size(), &c.loop.held) // what still waits has waited until now
	}
	c.fd, c.out = -1, nil
}
