package client

import (
	"context"
	"fmt"
	"time"

	"github.com/coder/websocket"
)

// write sends commands until the connection ends. If ctx ends, it sends a close frame.
//
// After a failed write it waits for the reader, which ends the connection. So the reader still receives the last frames of
// the server, such as the reason of a close.
func (l *link) write(ctx context.Context, rejoins []*call) {
	l.writeLoop(ctx, rejoins)
	close(l.writeEnded)
	select {
	case <-l.readEnded:
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		_ = l.conn.Close(websocket.StatusNormalClosure, "") // Run returns, whatever the error is
	}
}

// writeLoop sends commands until the connection ends or a write fails. It sends the rejoins first, so that the rooms are
// joined before anything is published.
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

// send writes k. If k has to wait for its room, send does not write k, but returns it to its caller.
func (l *link) send(k *call) error {
	if joined := l.admit(k); joined != nil {
		l.finish(k, answer{joined: joined})
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), l.cfg.Timeout)
	defer cancel()
	return l.conn.Write(ctx, websocket.MessageText, k.encode())
}

// answered removes and returns the pending call with this id; nil if there is none.
func (l *link) answered(id uint64) *call {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.pending[id]
	delete(l.pending, id)
	return k
}

// fail answers the pending calls with ErrUnknown when the connection has ended. It ends the wait of publishes for their rooms,
// so that they wait for the next connection. fail needs no lock, because the writer has ended.
func (l *link) fail(why error) {
	for _, j := range l.joining {
		close(j.done)
	}
	for _, k := range l.pending {
		l.finish(k, answer{err: fmt.Errorf("%w: %w", ErrUnknown, why), lost: true})
	}
}

// enqueue passes a call of the client's own to the writer. It does nothing if the writer has ended.
func (l *link) enqueue(ctx context.Context, k *call) error {
	select {
	case l.requests <- k:
	case <-l.writeEnded:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
