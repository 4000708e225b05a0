package channels

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"plenum/cmd/plenum/internal/apps"
	"plenum/codec/frame"
)

// unread counts the bytes of the lists that wait in memory until slow clients read them. As long as there are too many, no
// further list is sent.
type unread struct {
	freed chan struct{} // holds one element if bytes were freed; set at creation
	limit int64         // set at creation
	bytes atomic.Int64  // changed with mu held

	mu sync.Mutex
	of map[*session]unreadBytes
}

// unreadBytes are the lists of one connection that its client has not read.
type unreadBytes struct {
	n     int64
	since time.Time // of the first list
}

const (
	// maxUnread is the number of bytes from which on no list is sent. Each goroutine of Run may exceed it by one list.
	maxUnread = 64 << 20
	// maxListTime is the time that a client has to read its list if other subscribers wait for the memory.
	maxListTime = 30 * time.Second
	// tooSlow is the close reason of clients that did not read their list within this time.
	tooSlow = "Too slow: the list of users was not read"
)

// send sends a list to m, and counts it until m has read it.
func (u *unread) send(m *session, list []byte) {
	m.send(list)
	queued := m.Queued()
	if queued == 0 {
		return
	}
	u.add(m, int64(min(queued, len(list))), time.Now())
	if m.Queued() == 0 || !m.channels.cfg.Sessions.has(m) { // OnDrain or OnClose may have been before add
		u.release(m)
	}
}

func (u *unread) add(m *session, n int64, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	of, known := u.of[m]
	if !known {
		of.since = now
	}
	of.n += n
	u.of[m] = of
	u.bytes.Add(n)
	m.app.Add(apps.ListBytes, int(n))
}

// release ends the count of m's lists. It is called when m has read everything, or is closed.
func (u *unread) release(m *session) {
	if u.bytes.Load() == 0 { // nearly always
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	n := u.of[m].n
	delete(u.of, m)
	u.bytes.Add(-n)
	m.app.Add(apps.ListBytes, int(-n))
	u.signal()
}

// signal wakes one goroutine of await.
func (u *unread) signal() {
	select {
	case u.freed <- struct{}{}:
	default:
	}
}

// await waits until a list may be sent. While it waits, it closes slow clients. It returns false if ctx has ended.
func (u *unread) await(ctx context.Context) bool {
	if u.bytes.Load() < u.limit {
		return ctx.Err() == nil
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for u.bytes.Load() >= u.limit {
		select {
		case <-ctx.Done():
			return false
		case <-u.freed:
		case now := <-ticker.C:
			u.closeSlow(now)
		}
	}
	u.signal() // another goroutine may wait, too
	return true
}

// closeSlow closes the clients that have not read their lists within maxListTime.
func (u *unread) closeSlow(now time.Time) {
	for _, m := range u.slow(now) {
		if m.Close(frame.CloseTryAgain, tooSlow) == nil {
			m.app.Count(apps.ListsUnread)
		}
	}
}

// slow returns the clients that have not read their lists within maxListTime.
func (u *unread) slow(now time.Time) (all []*session) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for m, of := range u.of {
		if now.Sub(of.since) >= maxListTime {
			all = append(all, m)
		}
	}
	return all
}
