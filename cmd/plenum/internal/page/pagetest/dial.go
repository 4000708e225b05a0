package pagetest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

const tick = 20 * time.Millisecond

// dial joins a room without a browser. It discards all messages.
func dial(t *testing.T, baseURL, room, name string) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), baseURL+"/ws/chat/"+url.PathEscape(room)+"?username="+url.QueryEscape(name), nil)
	require.NoError(t, err)
	var reader sync.WaitGroup
	reader.Go(func() { discard(conn) })
	t.Cleanup(func() {
		_ = conn.CloseNow()
		reader.Wait()
	})
	return conn
}

// discard reads until conn is closed.
func discard(conn *websocket.Conn) {
	for {
		if _, _, err := conn.Read(context.Background()); err != nil {
			return
		}
	}
}

// info is a room in the API's response.
type info struct {
	Members int
	Seq     int
}

func lookUp(t *testing.T, server Server, room string) (found info) {
	t.Helper()
	resp, err := http.Get(server.Direct + "/api/rooms/" + url.PathEscape(room))
	require.NoError(t, err)
	defer resp.Body.Close()
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&found))
	return found
}
