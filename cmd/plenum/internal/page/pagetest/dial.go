package pagetest

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// dial joins without a browser, and reads and forgets what arrives.
func dial(t *testing.T, baseURL, room, name string) *websocket.Conn {
	t.Helper()
	address := strings.Replace(baseURL, "http", "ws", 1) + "/ws/chat/" + room + "?username=" + url.QueryEscape(name)
	conn, _, err := websocket.Dial(t.Context(), address, nil)
	require.NoError(t, err)
	var reader sync.WaitGroup
	reader.Go(func() { forget(conn) })
	t.Cleanup(func() {
		_ = conn.CloseNow()
		reader.Wait()
	})
	return conn
}

// forget reads until conn is closed.
func forget(conn *websocket.Conn) {
	for {
		if _, _, err := conn.Read(context.Background()); err != nil {
			return
		}
	}
}
