//go:build storm

package storm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"plenum/bench/wsclient"
)

// member is a client of one channel, which behaves as pusher-js does.
type member struct {
	// Set at creation.
	crowd   *crowd
	tag     int
	channel int
	speaks  bool // sends client events
	resumes bool // sends since

	mu       sync.Mutex
	present  uint64           // number of the present attempt; callbacks of earlier ones are ignored
	client   *wsclient.Client // of the present attempt, once the upgrade is done
	began    time.Time        // the present attempt
	cancel   func()           // ends the dial of the present attempt
	overdue  *time.Timer      // gives the present attempt up
	attempts attempts
	socket   string    // id; empty: not received yet
	in       bool      // it is subscribed
	left     time.Time // when it was last subscribed
	back     time.Time // when it subscribed last
	record   record
}

// connect starts to open a connection, like pusher-js with connect().
func (m *member) connect() {
	m.mu.Lock()
	m.attempts.begin()
	m.mu.Unlock()
	m.try()
}

// try begins an attempt.
func (m *member) try() {
	c := m.crowd
	if c.ended.Load() {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	m.mu.Lock()
	m.present++
	number := m.present
	m.began, m.cancel, m.socket = time.Now(), cancel, ""
	m.overdue = time.AfterFunc(m.attempts.timeout(), func() { m.failed(number, errOverdue) })
	m.mu.Unlock()
	c.count("attempts")
	err := c.pool.Begin(ctx, c.at.clients(), m.tag, func(client *wsclient.Client, err error) { m.opened(number, client, err) })
	if err != nil {
		m.failed(number, err)
	}
}

// errOverdue ends an attempt that has taken too long.
var errOverdue = errors.New("timed out")

// opened is called when an upgrade is done or has failed.
func (m *member) opened(number uint64, client *wsclient.Client, err error) {
	if err != nil {
		m.failed(number, err)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if number != m.present {
		_ = client.Close(1000) // given up meanwhile
		return
	}
	m.client = client
}

// failed goes on to the next attempt, if the failed one is the present one.
func (m *member) failed(number uint64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if number != m.present || m.socket != "" {
		return
	}
	m.crowd.countFailure(err)
	m.end()
	m.crowd.after(m.attempts.next(time.Since(m.began)), m.try)
}

// end ends the present attempt or connection. mu is held.
func (m *member) end() {
	m.present++
	m.overdue.Stop()
	m.cancel()
	if m.client != nil {
		_ = m.client.Close(1000) // an error means that it is closed
	}
	m.client, m.in = nil, false
}

// closed is called when a connection has ended.
func (m *member) closed(client *wsclient.Client, code int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if client != m.client {
		return
	}
	m.client = nil
	if m.in {
		m.left = time.Now()
	}
	m.end()
	m.crowd.count(fmt.Sprint("closed ", code))
	wait, again := afterClose(code)
	if !again {
		m.crowd.count("given up")
		return
	}
	m.crowd.after(wait, m.connect)
}
