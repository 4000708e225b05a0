package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
)

// pictured is the duration of the conversation before the pictures. It must be visible in the plots.
const pictured = 4 * time.Minute

// It tests nothing. It saves pictures in the directory PLENUM_SCREENSHOTS.
func TestConsoleIsPictured(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	dir := browsertest.Pictures()
	if dir == "" {
		t.Skip("PLENUM_SCREENSHOTS names no directory")
	}
	s := start(t, "--max-conns=500", "--memory-limit=128MiB", "--slow-lag=64KiB", "--drain-delay=5s")
	page := openConsole(t, s, pictured+time.Minute)
	ctx, stop := context.WithTimeout(t.Context(), pictured)
	defer stop()
	var visitors sync.WaitGroup
	for i := range 150 {
		visitors.Go(func() { s.visits(ctx, t, i) })
	}
	visitors.Go(func() { s.goesWrong(ctx, t) })
	visitors.Wait()

	page.Screen(1280, 1040, "light")
	page.Save(dir, "console-desktop-light.png")
	page.Screen(1280, 1010, "dark")
	page.Save(dir, "console-desktop-dark.png")
	page.Screen(360, 2900, "light")
	page.Save(dir, "console-phone-light.png")
	page.Screen(360, 780, "dark")
	page.Save(dir, "console-phone-dark.png")
	go s.stop() // the end of the test waits for it
	page.Until(`state() === "draining"`)
	page.Save(dir, "console-draining-phone-dark.png")
	page.Screen(1280, 1010, "light")
	page.Save(dir, "console-draining-desktop-light.png")
	page.Until(`state() === "silent"`)
	page.Save(dir, "console-silent-desktop-light.png")
}

// It is like TestConsoleIsPictured, for a node of a cluster. Another node drains, and a third one is killed.
func TestConsoleOfANodeIsPictured(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	dir := browsertest.Pictures()
	if dir == "" {
		t.Skip("PLENUM_SCREENSHOTS names no directory")
	}
	broker := startBroker(t, 0, t.TempDir())
	page, nodes, last := consoleOfNodes(t, broker.ClientURL(), "--max-conns=500", "--memory-limit=128MiB", "--drain-delay=10s")
	for i, s := range nodes {
		for k := range 5 * (i + 1) {
			go enter(t, s, fmt.Sprintf("/ws/chat/room%d?username=m%d%d", k%3, i, k)).discards()
		}
	}
	stop := enter(t, nodes[0], "/ws/chat/room1?username=Speaker").sendsRepeatedly("Whoever reads this is in the same room.")
	take := func(what string) {
		page.Screen(1280, 1010, "light")
		page.Save(dir, "console-"+what+"-desktop-light.png")
		page.Screen(1280, 1010, "dark")
		page.Save(dir, "console-"+what+"-desktop-dark.png")
		page.Screen(360, 1010, "light")
		page.Save(dir, "console-"+what+"-phone-light.png")
		page.Screen(360, 1010, "dark")
		page.Save(dir, "console-"+what+"-phone-dark.png")
	}
	page.Until(`value("published") > 10`)
	take("nodes")
	require.NoError(t, last.Process.Kill())
	go nodes[1].stop() // the end of the test waits for it
	page.Until(`bus().startsWith("1 of 3 ready. ")`)
	take("nodes-ill")
	broker.Shutdown()
	page.Until(`state() === "cut-off"`)
	stop()
	take("nodes-cut-off")
}

// visits joins a random room, publishes for a while, leaves, and joins again, until ctx ends. The rooms have different
// sizes, and the rate of messages rises and falls.
func (s *testServer) visits(ctx context.Context, t *testing.T, i int) {
	ticker := time.NewTicker(500 * time.Millisecond)
	defer ticker.Stop()
	room := fmt.Sprintf("/ws/chat/room%d?username=m%d", int(12*rand.Float64()*rand.Float64()), i)
	var here *client
	for began := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		tide := 0.5 + 0.4*math.Sin(time.Since(began).Seconds()/35)
		switch {
		case here == nil && rand.Float64() < 0.3*tide:
			here = enter(t, s, room)
			go here.discards()
		case here != nil && rand.Float64() < 0.02:
			here.leaves()
			here = nil
		case here != nil && rand.Float64() < tide:
			here.sends("Whoever reads this is in the same room.")
		}
	}
}

// enter is like dial, but without a timeout: the connection may be used until the test ends.
func enter(t *testing.T, s *testServer, path string) *client {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), s.url+path, nil)
	require.NoError(t, err)
	conn.SetReadLimit(1 << 24)
	return &client{t: t, conn: conn, ctx: t.Context()}
}

// goesWrong causes refused clients and slow members.
func (s *testServer) goesWrong(ctx context.Context, t *testing.T) {
	ticker := time.NewTicker(20 * time.Second)
	defer ticker.Stop()
	for {
		stalled := dialRaw(t, s, "/ws/chat/large?username=Stalled")
		speaker := enter(t, s, "/ws/chat/large?username=Speaker")
		stop := speaker.sendsRepeatedly(strings.Repeat("x", 60_000))
		enter(t, s, "/ws/chat/a?username=System").isClosed(1008, "Name reserved")
		require.Eventually(t, func() bool { return s.status(t).Lagging > 0 }, wait, tick)
		stop()
		select {
		case <-ctx.Done():
			_ = stalled.Close()
			return
		case <-ticker.C:
			_ = stalled.Close()
		}
	}
}
