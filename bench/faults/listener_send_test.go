//go:build faults

package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/coder/websocket"
)

// sendLoop joins the rooms, and publishes in the joined ones, until ctx ends.
func (e *listener) sendLoop(ctx context.Context, conn *websocket.Conn, n *node) {
	joins := time.NewTicker(joinRetry)
	defer joins.Stop()
	var publish <-chan time.Time
	if e.every > 0 {
		ticker := time.NewTicker(e.every)
		defer ticker.Stop()
		publish = ticker.C
	}
	for e.join(ctx, conn) {
		for again := false; !again; {
			select {
			case <-ctx.Done():
				return
			case <-joins.C:
				again = true
			case <-publish:
				e.publishNext(ctx, conn, n)
			}
		}
	}
}

// join sends a join for each room that has not been asked for. It returns false if the
// connection has ended.
func (e *listener) join(ctx context.Context, conn *websocket.Conn) bool {
	for _, room := range e.rooms {
		e.mu.Lock()
		at := e.at[room]
		_, asked := e.joining[room]
		if !asked {
			e.joining[room] = at
		}
		e.mu.Unlock()
		if asked {
			continue
		}
		ask := map[string]string{"type": "join", "id": room, "room": room}
		if at != (position{}) {
			ask["since"] = at.String()
		}
		if !send(ctx, conn, ask) {
			return false
		}
	}
	return true
}

// publishNext publishes a message in the next of the rooms.
func (e *listener) publishNext(ctx context.Context, conn *websocket.Conn, n *node) {
	e.mu.Lock()
	e.published++
	room := e.rooms[e.published%len(e.rooms)]
	if !e.joined[room] || e.silent {
		e.mu.Unlock()
		return
	}
	u := e.ledger.open(n, room, e.name, fmt.Sprint(e.name, " ", e.published))
	e.sent[u.text] = u
	e.mu.Unlock()
	send(ctx, conn, map[string]string{"type": "publish", "id": u.text, "room": room, "text": u.text})
}

// send sends a command. It returns false if the connection has ended.
func send(ctx context.Context, conn *websocket.Conn, command map[string]string) bool {
	b, err := json.Marshal(command)
	return err == nil && conn.Write(ctx, websocket.MessageText, b) == nil
}
