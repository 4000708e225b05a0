package fakeserver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/coder/websocket"
)

// centrifugoPath is the path of connections that speak the JSON protocol of Centrifugo.
const centrifugoPath = "/connection/websocket"

// command is a command of a client, see the chapter "Client protocol" of Centrifugo's documentation.
type command struct {
	ID      int
	Connect *struct {
		Token string
	}
	Subscribe, Publish *struct {
		Channel string
		Data    json.RawMessage
	}
}

// centrifugoClient is a connection that speaks the JSON protocol of Centrifugo.
type centrifugoClient struct {
	hub     *Hub
	conn    *websocket.Conn
	ponged  bool
	waiting []byte // replies that are sent after the pong
}

// serveCentrifugo sends a ping with its first reply, and answers nothing more before the pong. A sender receives its own
// publication and the reply to its command in one frame. Publications are numbered.
func (h *Hub) serveCentrifugo(r *http.Request, conn *websocket.Conn) {
	c := &centrifugoClient{hub: h, conn: conn}
	for {
		_, payload, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		for line := range bytes.SplitSeq(payload, []byte("\n")) {
			if !c.run(r.Context(), line) {
				_ = conn.Close(3501, "bad request")
				return
			}
		}
	}
}

// run runs a command. ok is false if it is none.
func (c *centrifugoClient) run(ctx context.Context, line []byte) (ok bool) {
	if string(line) == "{}" {
		c.ponged = true
		c.reply(ctx, nil)
		return true
	}
	var cmd command
	switch err := json.Unmarshal(line, &cmd); {
	case err != nil || cmd.ID == 0:
		return false
	case cmd.Connect != nil:
		connected := fmt.Sprintf(`{"id":%d,"connect":{"client":"42717de2-0b9a","version":"6.0.0","ping":25,"pong":true}}`, cmd.ID)
		_ = c.conn.Write(ctx, websocket.MessageText, []byte(connected+"\n{}")) // Read returns the error
	case cmd.Subscribe != nil:
		c.hub.join(cmd.Subscribe.Channel, c.conn)
		c.reply(ctx, fmt.Appendf(nil, `{"id":%d,"subscribe":{}}`, cmd.ID))
	case cmd.Publish != nil:
		c.publish(ctx, cmd)
	}
	return true
}

// reply queues a line until the pong arrives. Then all queued lines are sent in one frame.
func (c *centrifugoClient) reply(ctx context.Context, line []byte) {
	if len(line) > 0 && len(c.waiting) > 0 {
		c.waiting = append(c.waiting, '\n')
	}
	c.waiting = append(c.waiting, line...)
	if c.ponged && len(c.waiting) > 0 {
		_ = c.conn.Write(ctx, websocket.MessageText, c.waiting) // Read returns the error
		c.waiting = nil
	}
}

// publish sends a publication to all subscribers of a channel, and with the reply to c.
func (c *centrifugoClient) publish(ctx context.Context, cmd command) {
	c.hub.publishAs(ctx, cmd.Publish.Channel, bytes.Trim(cmd.Publish.Data, `"`), c.conn, func(offset int, data []byte, own bool) []byte {
		line := fmt.Appendf(nil, `{"push":{"channel":"%s","pub":{"data":"%s","info":{"user":"","client":"42717de2-0b9a"},"offset":%d}}}`,
			cmd.Publish.Channel, data, offset)
		if own {
			line = fmt.Appendf(line, "\n"+`{"id":%d,"publish":{}}`, cmd.ID)
		}
		return line
	})
}
