package fakeserver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

// socketIOPath is the path of connections that speak Socket.IO.
const socketIOPath = "/socket.io/"

// serveSocketIO speaks the protocol of the documents "The Engine.IO protocol" (version 4) and "The
// Socket.IO protocol" (version 5). It sends a ping when a client has connected, and runs no event before the pong. The events
// of a client are join and publish; the hub's is message. Messages are numbered.
func (h *Hub) serveSocketIO(r *http.Request, conn *websocket.Conn) {
	send := func(packets ...string) {
		for _, packet := range packets {
			_ = conn.Write(r.Context(), websocket.MessageText, []byte(packet)) // Read returns the error
		}
	}
	send(`0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`)
	connected, ponged := false, false
	var waiting []string // events that arrived before the pong
	for {
		_, payload, err := conn.Read(r.Context())
		packet := string(payload)
		switch {
		case err != nil:
			return
		case packet == "40":
			connected = true
			send(`40{"sid":"wZX3oN0bSVIhsaknAAAI"}`, "2")
			continue
		case packet == "3":
			ponged = true
		case !connected: // "no socket for namespace"
			return
		default:
			waiting = append(waiting, packet)
		}
		for ponged && len(waiting) > 0 {
			send(h.packet(r.Context(), conn, waiting[0])...)
			waiting = waiting[1:]
		}
	}
}

// packet runs the event in a packet of a client, and returns the acknowledgement.
func (h *Hub) packet(ctx context.Context, conn *websocket.Conn, packet string) []string {
	id, array, _ := strings.Cut(strings.TrimPrefix(packet, "42"), "[")
	var args []string
	if json.Unmarshal([]byte("["+array), &args) != nil || len(args) < 2 {
		return nil
	}
	switch args[0] {
	case "join":
		h.join(args[1], conn)
	case "publish":
		h.publishAs(ctx, args[1], []byte(args[2]), conn, func(seq int, text []byte, _ bool) []byte {
			return fmt.Appendf(nil, `42["message",{"sender":"a","text":"%s","room":"%s","timestamp":1,"seq":%d}]`, text, args[1], seq)
		})
	}
	if id == "" {
		return nil
	}
	return []string{"43" + id + "[]"}
}
