package main

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"sync"
)

// joinedConn is a connection that can join several writes into one. The library writes each frame
// by itself and has no option to join frames.
type joinedConn struct {
	net.Conn

	mu sync.Mutex // held while writing, as the library's own lock is
	// guarded by mu
	frames *bytes.Buffer // collects writes; nil: they are not held
}

var frameBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// hold collects all writes until release.
func (c *joinedConn) hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frames = frameBuffers.Get().(*bytes.Buffer)
}

// release writes what was collected.
func (c *joinedConn) release() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.Conn.Write(c.frames.Bytes())
	c.frames.Reset()
	frameBuffers.Put(c.frames)
	c.frames = nil
	return err
}

func (c *joinedConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frames != nil {
		return c.frames.Write(b)
	}
	return c.Conn.Write(b)
}

// hijacker hands a joinedConn to the library.
type hijacker struct{ http.ResponseWriter }

func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	return &joinedConn{Conn: conn}, rw, nil
}
