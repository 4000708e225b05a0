package client

import (
	"context"
	"fmt"
	"time"

	"github.com/coder/websocket"
)

// write sends what is asked. Where that fails, what the server said last may still be read:
// it is the reader that ends the connection. When ctx ends it says goodbye.
func (l *link) write(ctx context.Context, rejoins []*call) {
	l.writeLoop(ctx, rejoins)
	close(l.writeEnded)
	select {
	case <-l.readEnded:
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		_ = l.conn.Close(websocket.StatusNormalClosure, "") // nobody is left to tell
	}
}

// writeLoop sends commands until the connection ends. It begins with the joins, so that later
// publishes find the rooms joined.
func (l *link) writeLoop(ctx context.Context, rejoins []*call) {
	for _, k := range rejoins {
		if l.send(k) != nil {
			return
		}
	}
	pings := time.NewTicker(l.cfg.PingPeriod)
	defer pings.Stop()
	for {
		k := &call{command: command{Type: "ping"}}
		select {
		case <-l.readEnded:
			return
		case <-ctx.Done():
			return
		case <-pings.C:
		case k = <-l.requests:
		case k = <-l.calls:
		}
		if l.send(k) != nil {
			return
		}
	}
}

// send writes k, unless k has to wait for its room. Its answer is for whom its id says.
func (l *link) send(k *call) error {
	if joined := l.admit(k); joined != nil {
		l.finish(k, answer{joined: joined})
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), l.cfg.Timeout)
	defer cancel()
	return l.conn.Write(ctx, websocket.MessageText, k.encode())
}

// answered removes the call with the id from those that wait for an answer; nil if there is none.
func (l *link) answered(id uint64) *call {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.pending[id]
	delete(l.pending, id)
	return k
}

// fail answers what the connection's end leaves unanswered. Those that wait for a room wait for
// the next connection.
func (l *link) fail(why error) {
	for _, j := range l.joining {
		close(j.done)
	}
	for _, k := range l.pending { // the writer has ended
		l.finish(k, answer{err: fmt.Errorf("%w: %w", ErrUnknown, why), lost: true})
	}
}

// enqueue has the writer send a call of the client's own, if it can still be sent.
func (l *link) enqueue(ctx context.Context, k *call) error {
	select {
	case l.requests <- k:
	case <-l.writeEnded:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
