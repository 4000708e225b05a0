package wsclient

import (
	"errors"
	"sync"

	"golang.org/x/sys/unix"
	"plenum/bench/wsclient/internal/socket"
	"plenum/codec/frame"
)

// Client is one connection of a Pool. Its methods never block, and may be called from any
// goroutine unless they say otherwise.
type Client struct {
	// set at creation
	tag  int
	loop *loop
	tls  *socket.TLS // nil: no TLS

	// owned by the loop
	tail    []byte   // beginning of an incomplete frame
	partial *partial // message whose last fragment is outstanding
	end     *End     // set by the server's close frame

	mu     sync.Mutex
	out    *backlog // nil: the socket has taken all bytes
	fd     int      // written only by the loop, under mu; the loop reads it without mu; -1: closed
	dial   *dial    // likewise; nil: the upgrade is done
	paused bool
	closed bool // a close frame was sent
	early  bool // TLS may hold data that arrived with the response, for which epoll has no event
}

// Errors of the methods of a Client.
var (
	// ErrClosed is returned by Send, SendAt and Close if the connection is closed or closing, and
	// by Pause and Resume if it is closed.
	ErrClosed = errors.New("bench: connection is closed")
	// ErrBacklog is returned by Send and SendAt if the backlog has no room for the message.
	ErrBacklog = errors.New("bench: backlog is full")
)

// Tag returns the number that was passed to Dial.
func (c *Client) Tag() int { return c.tag }

// ReadAt returns the time at which the current message was read from the socket, Monotonic.
// Only OnMessage and OnFrames may call it.
func (c *Client) ReadAt() int64 { return c.loop.at }

// Loop returns the number of the loop that serves c, from 0 to Config.Loops-1.
func (c *Client) Loop() int { return c.loop.index }

// Frame returns the frame of the current message as it was on the wire, or nil if the message
// had several frames. The bytes are valid until the callback returns. Only OnMessage may call
// it.
func (c *Client) Frame() []byte { return c.loop.frame }

// CountPing counts the current message as a ping, which the server's protocol sends as a message.
// Only OnMessage may call it.
func (c *Client) CountPing() { c.loop.now.pings++ }

// Pause stops reading, as a slow reader does, so that the server's bytes fill the socket. Data
// that was already read is still delivered. An error of the socket ends the pause.
func (c *Client) Pause() error { return c.setPaused(true) }

// Resume ends a Pause.
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

// watch sets the epoll events that c waits for. The caller holds mu.
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

// Close begins the closing handshake with a close code, or frame.CloseNoStatus for none.
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

// release closes the socket. The loop calls it after it has removed c from its table.
func (c *Client) release() {
	c.tail, c.partial = nil, nil
	c.mu.Lock()
	defer c.mu.Unlock()
	unix.Close(c.fd)
	if c.out != nil {
		c.out.take(c.out.size(), &c.loop.held) // the rest of the backlog has waited until now
	}
	c.fd, c.out = -1, nil
}
