//go:build faults

package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/coder/websocket"
)

// talk joins the rooms, and speaks in those it is in, until ctx ends.
func (e *listener) talk(ctx context.Context, conn *websocket.Conn, n *node) {
	joins := time.NewTicker(joinAgain)
	defer joins.Stop()
	var speak <-chan time.Time
	if e.every > 0 {
		speaks := time.NewTicker(e.every)
		defer speaks.Stop()
		speak = speaks.C
	}
	for e.join(ctx, conn) {
		for again := false; !again; {
			select {
			case <-ctx.Done():
				return
			case <-joins.C:
				again = true
			case <-speak:
				e.speak(ctx, conn, n)
			}
		}
	}
}

// join asks for the rooms that it is not in; false: it cannot.
func (e *listener) join(ctx context.Context, conn *websocket.Conn) bool {
	for _, room := range e.rooms {
		e.mu.Lock()
		at := e.at[room]
		_, asked := e.asked[room]
		if !asked {
			e.asked[room] = at
		}
		e.mu.Unlock()
		if asked {
			continue
		}
		ask := map[string]string{"type": "join", "id": room, "room": room}
		if at != (position{}) {
			ask["since"] = at.String()
		}
		if !say(ctx, conn, ask) {
			return false
		}
	}
	return true
}

// speak says something in one of the rooms.
func (e *listener) speak(ctx context.Context, conn *websocket.Conn, n *node) {
	e.mu.Lock()
	e.spoken++
	room := e.rooms[e.spoken%len(e.rooms)]
	if !e.in[room] || e.muted {
		e.mu.Unlock()
		return
	}
	u := e.ledger.open(n, room, e.name, fmt.Sprint(e.name, " ", e.spoken))
	e.sent[u.text] = u
	e.mu.Unlock()
	say(ctx, conn, map[string]string{"type": "publish", "id": u.text, "room": room, "text": u.text})
}

// say is false where the connection has ended.
func say(ctx context.Context, conn *websocket.Conn, command map[string]string) bool {
	b, err := json.Marshal(command)
	return err == nil && conn.Write(ctx, websocket.MessageText, b) == nil
}
