// Package clients_test tests the HTTP API of the Pusher Channels protocol with Pusher's library for Go. PLENUM has the
// addresses of the nodes.
package clients_test

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// The app of the tests.
const (
	id     = "7"
	key    = "key-of-the-tests-in-go"
	secret = "secret-of-the-tests-in-go"
)

// nodes returns the host and port of each node.
func nodes() []string {
	return strings.Split(cmp.Or(os.Getenv("PLENUM"), "127.0.0.1:8080"), ",")
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expect[T comparable](t *testing.T, want, got T) {
	t.Helper()
	if want != got {
		t.Fatalf("expected %v, got %v", want, got)
	}
}

// conn is a client of the protocol.
type conn struct {
	t      *testing.T
	ws     *websocket.Conn
	socket string // its socket id
}

func connect(t *testing.T, host string) *conn {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), "ws://"+host+"/app/"+key+"?protocol=7&client=go&version=1", nil)
	check(t, err)
	t.Cleanup(func() { _ = ws.CloseNow() })
	c := &conn{t, ws, ""}
	var data struct {
		SocketID string `json:"socket_id"`
	}
	check(t, json.Unmarshal([]byte(c.receives("pusher:connection_established", "")), &data))
	c.socket = data.SocketID
	return c
}

// receives waits for the next event, which must have the name and the channel, and returns its data.
func (c *conn) receives(name, channel string) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 30*time.Second)
	defer cancel()
	_, b, err := c.ws.Read(ctx)
	check(c.t, err)
	var e struct{ Event, Channel, Data string }
	check(c.t, json.Unmarshal(b, &e))
	if e.Event != name || e.Channel != channel {
		c.t.Fatalf("expected %s in %q, got %s", name, channel, b)
	}
	return e.Data
}

func (c *conn) sends(name string, data map[string]string) {
	c.t.Helper()
	b, err := json.Marshal(map[string]any{"event": name, "data": data})
	check(c.t, err)
	check(c.t, c.ws.Write(c.t.Context(), websocket.MessageText, b))
}

// subscribes subscribes to a channel. answer is the answer of the application's own endpoint, which the library makes; it
// is nil for a public channel. subscribes returns the data of the server's answer.
func (c *conn) subscribes(channel string, answer []byte) string {
	c.t.Helper()
	data := map[string]string{}
	if answer != nil {
		check(c.t, json.Unmarshal(answer, &data))
	}
	data["channel"] = channel
	c.sends("pusher:subscribe", data)
	return c.receives("pusher_internal:subscription_succeeded", channel)
}
