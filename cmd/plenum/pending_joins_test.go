package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/settings"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// gatedBus is a rooms.Bus that opens rooms only when its gate is open. A request waits for that until the test ends, not
// only for the time that the hub allows, because a test on a slow machine may need longer.
type gatedBus struct {
	gate  chan struct{}   // closed when the gate is open
	ended <-chan struct{} // closed when the test ends

	asked atomic.Int64 // number of requests to open a room
}

func (b *gatedBus) Follow(_ context.Context, _ string, begin func(rooms.Epoch) *rooms.Room) (func(), error) {
	b.asked.Add(1)
	select {
	case <-b.gate:
	case <-b.ended:
		return nil, rooms.ErrBus
	}
	begin(7)
	return func() {}, nil
}

func (b *gatedBus) Reach(context.Context, string, rooms.Since) error { return nil }

func (b *gatedBus) Publish(_ string, _ []byte, to rooms.Receipt) {
	if to != nil {
		to.Published(0, 0, rooms.ErrBus)
	}
}

// startGated starts a server with a gatedBus.
func startGated(t *testing.T, flags ...string) (*testServer, *gatedBus, *server) {
	t.Helper()
	bus := &gatedBus{gate: make(chan struct{}), ended: t.Context().Done()}
	s, server := startWithHub(t, rooms.Config{Bus: bus, AnnounceLimit: -1}, flags...)
	return s, bus, server
}

// startWithHub starts a server whose rooms have the configuration cfg.
func startWithHub(t *testing.T, cfg rooms.Config, flags ...string) (*testServer, *server) {
	t.Helper()
	args := append([]string{"serve", "--listen=127.0.0.1:0", "--admin=127.0.0.1:0", "--drain-window=0s"}, flags...)
	cmd, err := settings.Parse(args, func(string) (string, bool) { return "", false }, io.Discard, io.Discard)
	require.NoError(t, err)
	s, err := newServer(cmd.Serve, slog.New(slog.DiscardHandler), new(slog.LevelVar), nil)
	require.NoError(t, err)
	cfg.MaxRooms = s.cfg.MaxRooms
	s.rooms = s.newHub(cfg)
	s.directory = rooms.NewLocalDirectory(s.rooms)
	s.admin, s.routes = s.newAdmin(), s.newRoutes()
	ctx, cancel := context.WithCancel(context.Background())
	public, admin, err := listen(ctx, s.cfg)
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- s.serve(ctx, public, admin) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	return &testServer{url: "http://" + public.Addr().String(), admin: "http://" + admin.Addr().String()}, s
}

const (
	joinedX    = `"room":"x","epoch":"E","seq":0,"members":1,"recovered":false}`
	isLeft     = `"code":"cancelled","message":"the room was left before it was joined"}`
	isNotThere = `"code":"not_joined","message":"join the room first"}`
)

func TestALeaveCancelsAPendingJoin(t *testing.T) {
	t.Parallel()
	s, bus, _ := startGated(t)
	c := dial(t, s, "/ws")
	c.sends(`{"type":"join","id":1,"room":"x"}`)
	c.asks(`{"type":"join","id":2,"room":"x"}`, `{"type":"error","id":2,"code":"already_joined","message":"this connection has already joined the room"}`)
	c.asks(`{"type":"publish","id":3,"room":"x","text":"hi"}`, `{"type":"error","id":3,`+isNotThere)
	c.asks(`{"type":"members","id":4,"room":"x"}`, `{"type":"error","id":4,`+isNotThere)
	c.asks(`{"type":"leave","id":5,"room":"x"}`, `{"type":"error","id":1,`+isLeft)
	c.receives(`{"type":"left","id":5,"room":"x"}`)
	c.asks(`{"type":"leave","id":6,"room":"x"}`, `{"type":"error","id":6,`+isNotThere)
	c.sends(`{"type":"join","id":7,"room":"x"}`)
	close(bus.gate)
	c.receives(`{"type":"joined","id":7,` + joinedX)
	c.asks(`{"type":"leave","room":"x"}`, `{"type":"left","room":"x"}`)
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "0" && s.metric(t, "plenum_rooms") == "0" }, wait, tick)
}

func TestManyCancelledJoinsLeaveNoMember(t *testing.T) {
	t.Parallel()
	const most, times = 3, 200
	s, bus, server := startGated(t, fmt.Sprint("--max-rooms-per-conn=", most))
	c := dial(t, s, "/ws")
	for i := range times {
		c.sends(fmt.Sprintf(`{"type":"join","id":"j%d","room":"%d"}`, i, i))
		c.asks(fmt.Sprintf(`{"type":"leave","room":"%d"}`, i), fmt.Sprintf(`{"type":"error","id":"j%d",`, i)+isLeft)
		c.receives(fmt.Sprintf(`{"type":"left","room":"%d"}`, i))
	}
	for i := range most {
		c.sends(fmt.Sprintf(`{"type":"join","id":%d,"room":"r%d"}`, i, i))
	}
	c.asks(`{"type":"join","id":9,"room":"one more"}`, `{"type":"error","id":9,"code":"too_many_rooms","message":"this connection has reached the limit of rooms per connection"}`)
	assert.LessOrEqual(t, bus.asked.Load(), int64(most), "the limit of simultaneous requests to the bus")
	close(bus.gate)
	var in []string
	for i := range most {
		in = append(in, fmt.Sprintf(`{"type":"joined","id":%d,"room":"r%d","epoch":"E","seq":0,"members":1,"recovered":false}`, i, i))
	}
	c.receivesBoth(in...)
	require.Eventually(t, func() bool { return s.metric(t, "plenum_rooms") == fmt.Sprint(most) }, wait, tick)
	assert.Equal(t, fmt.Sprint(most), s.metric(t, "plenum_members"))
	for i := range most {
		c.asks(fmt.Sprintf(`{"type":"leave","room":"r%d"}`, i), fmt.Sprintf(`{"type":"left","room":"r%d"}`, i))
	}
	server.routes.Wait() // no goroutine is left
}

func TestAPendingJoinOfAClosedConnectionIsDropped(t *testing.T) {
	t.Parallel()
	for how, end := range map[string]func(s *server, c *client){
		"it goes":         func(_ *server, c *client) { _ = c.conn.CloseNow() },
		"it closes":       func(_ *server, c *client) { c.leaves() },
		"its token ended": func(*server, *client) {},
	} {
		t.Run(how, func(t *testing.T) {
			s, bus, server := startGated(t, "--jwt-secret="+testSecret)
			token := tokenFor(t, func(id *auth.Identity) {
				if how == "its token ended" {
					id.Expires = time.Now().Add(life)
				}
			})
			c := dial(t, s, "/ws?token="+token)
			c.sends(`{"type":"join","id":1,"room":"x"}`)
			c.asks(`{"type":"leave","id":2,"room":"x"}`, `{"type":"error","id":1,`+isLeft)
			c.receives(`{"type":"left","id":2,"room":"x"}`)
			c.sends(`{"type":"join","id":3,"room":"x"}`)
			c.asks(`{"type":"ping"}`, `{"type":"pong","timestamp":T}`)
			end(server, c)
			if how == "its token ended" {
				c.isClosed(frame.CloseTokenExpired, "Token expired")
			}
			require.Eventually(t, func() bool { return server.engine.Stats().Counts[engine.Connections] == 0 }, wait, tick)
			close(bus.gate)
			server.routes.Wait()
			require.Eventually(t, func() bool { return s.metric(t, "plenum_rooms") == "0" }, wait, tick)
			assert.Equal(t, "0", s.metric(t, "plenum_members"))
		})
	}
}

// The responses to commands in one packet depend on when the broker responds. But each join has a response, and the
// last join must succeed.
func TestJoinLeaveJoinInOnePacketEndsJoinedInACluster(t *testing.T) {
	t.Parallel()
	nodes := startNodes(t, startBroker(t, 0, t.TempDir()).ClientURL(), 2, "--announce-limit=-1")
	c, other := dial(t, nodes[0], "/ws"), dial(t, nodes[1], "/ws")
	const names = 20
	for i := range names {
		room := fmt.Sprint("r", i)
		other.sends(`{"type":"join","room":"` + room + `"}`)
		_, _, err := other.conn.Read(other.ctx)
		require.NoError(t, err)
		for id, command := range []string{"join", "leave", "join", "leave", "join"} {
			c.sends(fmt.Sprintf(`{"type":"%s","id":%d,"room":"%s"}`, command, id, room))
		}
		answers := map[int]string{}
		for len(answers) < 5 {
			_, b, err := c.conn.Read(c.ctx)
			require.NoError(t, err)
			var a struct {
				ID         int
				Type, Code string
			}
			require.NoError(t, json.Unmarshal(b, &a))
			require.NotContains(t, answers, a.ID, "answered twice")
			answers[a.ID] = a.Type + a.Code
		}
		require.Regexp(t, `^map\[0:(joined|errorcancelled) 1:left 2:(joined|errorcancelled) 3:left 4:joined\]$`, fmt.Sprint(answers))
	}
	c.leaves()
	require.Eventually(t, func() bool { return nodes[0].metric(t, "plenum_members") == "0" }, wait, tick)
	for i := range names {
		require.Eventually(t, func() bool {
			_, body := get(t, nodes[1].url+fmt.Sprint("/api/rooms/r", i))
			return strings.Contains(body, `"members":1,`)
		}, wait, tick)
	}
}
