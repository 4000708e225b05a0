package fakeserver

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"net"
	"net/http"
	"testing"

	"github.com/coder/websocket"
)

// Serve starts a server that runs handle for each WebSocket connection, and returns its URL.
func (w Wire) Serve(t testing.TB, handle func(context.Context, *websocket.Conn)) string {
	return w.start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &compressing)
		if err != nil {
			return
		}
		conn.SetReadLimit(-1)
		defer conn.CloseNow()
		handle(r.Context(), conn)
	}))
}

// ServePlain is like Serve, without TLS.
func ServePlain(t testing.TB, handle func(context.Context, *websocket.Conn)) string {
	return plain.Serve(t, handle)
}

// Echo sends each message back. It is a handler for Serve.
func Echo(ctx context.Context, conn *websocket.Conn) {
	for {
		kind, payload, err := conn.Read(ctx)
		if err != nil || conn.Write(ctx, kind, payload) != nil {
			return
		}
	}
}

// ScriptPlain starts a server without TLS that runs handle on the bare socket of each upgraded
// connection, and returns its URL.
func ScriptPlain(t testing.TB, handle func(net.Conn, *bufio.Reader)) string {
	return plain.Script(t, "", handle)
}

// Script is like ScriptPlain, over w. It sends more in the same write as the response to the
// upgrade.
func (w Wire) Script(t testing.TB, more string, handle func(net.Conn, *bufio.Reader)) string {
	return w.start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte(switching(r.Header.Get("Sec-WebSocket-Key")) + more))
		handle(conn, rw.Reader)
	}))
}

// switching returns the response to an upgrade with that key.
func switching(key string) string {
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		accept(key) + "\r\n\r\n"
}

// accept returns the Sec-WebSocket-Accept for a key (RFC 6455 section 4.2.2).
func accept(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}
