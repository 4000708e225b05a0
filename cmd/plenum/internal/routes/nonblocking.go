package routes

import (
	"net/http"
	"strings"
)

// NonBlocking returns a function that reports whether the server handles a WebSocket handshake without blocking. cluster says
// that the rooms are connected to a bus. In that case a handshake that joins a room blocks until the room is open on the bus.
// The handshake of /ws joins no room, and /chat is not shared with other nodes. Tokens are checked with keys in memory.
// All other paths count as blocking.
func NonBlocking(cluster bool) func(r *http.Request) bool {
	return func(r *http.Request) bool {
		switch path := r.URL.Path; path {
		case "/ws", "/chat", "/echo", "/hello", "/echo/raw":
			return true
		default:
			return !cluster && (path == "/ws/chat" || strings.HasPrefix(path, "/ws/chat/"))
		}
	}
}
