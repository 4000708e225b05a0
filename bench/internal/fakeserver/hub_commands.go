package fakeserver

import (
	"context"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

// JoinCommand and PublishCommand are the templates of the commands at CommandsURL.
const (
	JoinCommand    = "join {room}"
	PublishCommand = "publish {room} {text}"
)

// commandsPath is the path of connections that may be in several rooms.
const commandsPath = "/commands"

// CommandsURL returns the URL at which a connection joins rooms and publishes to them by commands.
func (h *Hub) CommandsURL() string { return strings.Replace(h.URL, "/{room}", commandsPath, 1) }

// serveCommands runs the commands of a connection until it ends.
func (h *Hub) serveCommands(r *http.Request, conn *websocket.Conn) {
	for {
		_, payload, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		h.command(r.Context(), conn, string(payload))
	}
}

func (h *Hub) command(ctx context.Context, conn *websocket.Conn, payload string) {
	command, rest, _ := strings.Cut(payload, " ")
	room, text, _ := strings.Cut(rest, " ")
	if command == "publish" {
		h.publish(ctx, room, []byte(text), conn)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rooms[room] = append(h.rooms[room], conn)
}
