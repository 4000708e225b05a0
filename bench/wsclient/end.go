package wsclient

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"sync"

	"golang.org/x/sys/unix"
	"plenum/codec/frame"
)

// End describes how a connection ended.
type End struct {
	// Code is the close code of the server. It is CloseAbnormal if the socket ended without a
	// close frame, or the code sent to the server if it violated the protocol.
	Code   int
	Reason string // of the server's close frame
	// Err is nil after a closing handshake. Else it is a *Fault, ErrShutdown, io.EOF or the
	// error of the socket.
	Err error
}

// String describes the end in a few words. The server chooses the reason, so it is quoted.
func (e End) String() string {
	switch {
	case errors.Is(e.Err, io.EOF):
		return "ended without a close frame"
	case errors.Is(e.Err, unix.ECONNRESET):
		return "reset"
	case e.Err != nil:
		return e.Err.Error()
	case e.Code == frame.CloseNoStatus:
		return "closed without a code"
	case e.Reason == "":
		return fmt.Sprintf("closed with %d", e.Code)
	}
	return fmt.Sprintf("closed with %d %q", e.Code, e.Reason)
}

// Ends counts connections by how they ended. The zero value is empty. The methods may be called from any goroutine.
type Ends struct {
	mu     sync.Mutex
	counts EndCounts
	first  string
}

// Add counts the end of a connection.
func (e *Ends) Add(end End) {
	e.mu.Lock()
	defer e.mu.Unlock()
	how := end.String()
	if e.first == "" {
		e.first = how
	}
	e.counts.add(how, 1)
}

// Counts returns the counts so far.
func (e *Ends) Counts() EndCounts {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.counts)
}

// First returns how the first connection ended, or "" if none has.
func (e *Ends) First() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.first
}
