package main

import (
	"errors"
	"time"

	"github.com/gorilla/websocket"

	"plenum/bench/peers/internal/peer"
)

// client connects a connection to its hub.
type client struct {
	hub    *hub
	conn   *websocket.Conn
	joined *joinedConn // beneath conn; nil: writes are not joined
	user   string
	period time.Duration
	send   chan *websocket.PreparedMessage // closed by the hub
}

func (c *client) readPump() {
	defer func() {
		c.hub.unregister <- c
		c.conn.Close()
	}()
	c.conn.SetReadLimit(peer.MaxMessage)
	c.alive()
	c.conn.SetPongHandler(func(string) error { c.alive(); return nil })
	for {
		kind, data, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		if kind == websocket.TextMessage {
			c.hub.inbound <- inbound{sender: c.user, text: string(data)}
		}
	}
}

// pongWait is the time after which a client without pongs is closed, as in the library's example.
const pongWait = 60 * time.Second

// alive extends the read deadline until the next pong. As in the library's example, the ping
// period is at most 9/10 of the wait.
func (c *client) alive() {
	if c.period > 0 {
		_ = c.conn.SetReadDeadline(time.Now().Add(max(pongWait, c.period*10/9)))
	}
}

func (c *client) writePump() {
	defer c.conn.Close()
	var ping <-chan time.Time
	if c.period > 0 {
		ticker := time.NewTicker(c.period)
		defer ticker.Stop()
		ping = ticker.C
	}
	for {
		select {
		case message, ok := <-c.send:
			_ = c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if !ok {
				_ = c.conn.WriteMessage(websocket.CloseMessage, nil)
				return
			}
			if c.write(message) != nil {
				return
			}
		case <-ping:
			_ = c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if c.conn.WriteMessage(websocket.PingMessage, nil) != nil {
				return
			}
		}
	}
}

// write sends a message. If writes are joined, it sends all queued messages in one write. The
// library's example does the same with texts, but in one message.
func (c *client) write(message *websocket.PreparedMessage) error {
	if c.joined == nil {
		return c.conn.WritePreparedMessage(message)
	}
	c.joined.hold()
	err := c.conn.WritePreparedMessage(message)
	for n := len(c.send); n > 0 && err == nil; n-- {
		err = c.conn.WritePreparedMessage(<-c.send)
	}
	return errors.Join(err, c.joined.release())
}
