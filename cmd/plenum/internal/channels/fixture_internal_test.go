package channels

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/pathmux"
	"plenum/cmd/plenum/internal/webhook"
	"plenum/codec/pusher"
	"plenum/engine"
	"plenum/rooms"
)

const (
	testKey    = "key"
	testSecret = "a secret of the tests"
	wait       = time.Minute
	tick       = time.Millisecond
)

// fixture is a server of channels with one app, on a socket of its own. It sends no lists until run is called.
type fixture struct {
	t        *testing.T
	channels *Channels
	apps     *apps.Registry
	url      string
	running  sync.WaitGroup
	ctx      context.Context
}

// newFixture starts a server. list is its PresenceList. Channels of up to 100 users announce joins and leaves, or of up to list
// users if list is smaller.
func newFixture(t *testing.T, list int) *fixture {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	f := &fixture{t: t, apps: new(apps.Registry), ctx: ctx}
	f.apps.Apply([]apps.Config{{ID: "1", Key: testKey, Secret: testSecret, Limits: apps.DefaultLimits}})
	sessions := NewSessions()
	hub := rooms.New(rooms.Config{
		Frame: pusher.AppendFrame, Overhead: pusher.FrameOverhead, AnnounceLimit: min(list, 100), Announcer: Announcer{f.apps}, Excluded: sessions.Excluded,
	})
	e, err := engine.New(engine.Config{NonBlocking: Serves, CloseTimeout: 50 * time.Millisecond})
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f.channels = New(Config{Engine: e, Apps: f.apps, Rooms: hub, Sessions: sessions, PresenceList: list, Webhooks: webhook.New(webhook.Config{})})
	named := &pathmux.Mux{Rest: http.NewServeMux()}
	f.channels.Register(named)
	f.url = "ws://" + ln.Addr().String() + path + testKey + "?protocol=7"
	f.running.Go(func() { hub.Serve(ctx) })
	f.running.Go(func() { _ = e.Serve(ln, named) })
	t.Cleanup(func() {
		_ = e.Shutdown(context.Background())
		stop()
		f.running.Wait()
		f.channels.Wait()
	})
	return f
}

// run lets the server send lists.
func (f *fixture) run() { f.running.Go(func() { f.channels.Run(f.ctx) }) }

// count returns the value of a counter of the app.
func (f *fixture) count(c apps.Counter) int { return int(f.apps.ByID("1").Counts()[c]) }

// eventually waits for a condition.
func (f *fixture) eventually(holds func() bool) {
	f.t.Helper()
	require.Eventually(f.t, holds, wait, tick)
}

// members waits until a channel has that many members, whether or not their subscriptions are answered.
func (f *fixture) members(channel string, n int) {
	f.t.Helper()
	f.eventually(func() bool {
		info, _ := f.channels.cfg.Rooms.Room("1/" + channel)
		return info.Members == n
	})
}

// client is a connection to a fixture.
type client struct {
	t      testing.TB
	conn   *websocket.Conn
	ctx    context.Context
	socket string
}

// received is an event that a client has received. Data is the JSON text of its string.
type received struct{ Event, Channel, Data string }

// connects opens a connection whose socket receives up to about buffer bytes that the client does not read. 0 leaves that to
// the kernel.
func (f *fixture) connects(buffer int) *client {
	f.t.Helper()
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		_ = c.Control(func(fd uintptr) {
			if buffer > 0 {
				err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, buffer)
			}
		})
		return err
	}}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	f.t.Cleanup(cancel)
	conn, _, err := websocket.Dial(ctx, f.url, &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}})
	require.NoError(f.t, err)
	conn.SetReadLimit(1 << 26)
	f.t.Cleanup(func() { _ = conn.CloseNow() })
	c := &client{t: f.t, conn: conn, ctx: ctx}
	var data struct {
		SocketID string `json:"socket_id"`
	}
	require.NoError(f.t, json.Unmarshal([]byte(c.receives("pusher:connection_established").Data), &data))
	c.socket = data.SocketID
	return c
}

// asks subscribes to a channel as a user.
func (c *client) asks(channel, user string) {
	c.t.Helper()
	data := fmt.Sprintf(`{"user_id":%q}`, user)
	auth := testKey + ":" + pusher.Sign(testSecret, pusher.SubscribeText(c.socket, channel, data))
	c.sends("pusher:subscribe", map[string]string{"channel": channel, "auth": auth, "channel_data": data})
}

func (c *client) sends(event string, data any) {
	c.t.Helper()
	b, err := json.Marshal(map[string]any{"event": event, "data": data})
	require.NoError(c.t, err)
	require.NoError(c.t, c.conn.Write(c.ctx, websocket.MessageText, b))
}

// next receives an event.
func (c *client) next() (e received, err error) {
	_, b, err := c.conn.Read(c.ctx)
	if err != nil {
		return e, err
	}
	return e, json.Unmarshal(b, &e)
}

// receives receives an event that must have the name.
func (c *client) receives(event string) received {
	c.t.Helper()
	e, err := c.next()
	require.NoError(c.t, err)
	require.Equal(c.t, event, e.Event)
	return e
}

// answersPing requires that no other event is on its way.
func (c *client) answersPing() {
	c.t.Helper()
	c.sends(pusher.Ping, nil)
	c.receives(pusher.Pong)
}

// memberList is the data of the answer to a subscription.
type memberList struct {
	Presence struct {
		Count int
		IDs   []string
		Hash  map[string]json.RawMessage
	}
}

// isIn receives the answer to a subscription.
func (c *client) isIn() (list memberList) {
	c.t.Helper()
	require.NoError(c.t, json.Unmarshal([]byte(c.receives("pusher_internal:subscription_succeeded").Data), &list))
	return list
}
