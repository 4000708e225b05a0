package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/page/pagetest"
	goclient "plenum/rooms/client"
)

func TestPlenumJSLeavesAndJoinsAtOnceInACluster(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		js := openScript(t, open, 1, func(origin string) string {
			s := start(t, "--cluster="+startBroker(t, 0, t.TempDir()).ClientURL(), "--announce-limit=-1", "--origins="+origin)
			s.isReady(t)
			return s.url
		})
		leavesAndJoinsAtOnce(t, js)
	})
}

// The bus opens the room only after the leave and the second join were sent.
func TestALeaveOfTheGoClientCancelsItsPendingJoin(t *testing.T) {
	t.Parallel()
	s, bus, _ := startGated(t)
	c, _ := runClient(t, s.url)
	first := make(chan error, 1)
	go func() { first <- c.Join(t.Context(), "x") }()
	require.Eventually(t, func() bool { return c.Leave(t.Context(), "x") == nil }, wait, tick, "the join is pending")
	var refusal *goclient.Refusal
	require.ErrorAs(t, <-first, &refusal)
	assert.Equal(t, "cancelled", refusal.Code)
	second := make(chan error, 1)
	go func() { second <- c.Join(t.Context(), "x") }()
	require.Eventually(t, func() bool { return bus.asked.Load() > 0 }, wait, tick)
	close(bus.gate)
	require.NoError(t, <-second)
}

func TestALeaveOfPlenumJSCancelsItsPendingJoin(t *testing.T) {
	t.Parallel()
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		var bus *gatedBus
		js := openScript(t, open, 1, func(origin string) (url string) {
			var s *testServer
			s, bus, _ = startGated(t, "--origins="+origin)
			return s.url
		})
		pagetest.Evaluate[bool](js, `(() => {
			window.a = listen({}, ["x"]);
			window.events = [];
			const [before] = a.rooms;
			before.onerror = before.onjoin = () => events.push("a handler of the first join was called");
			a.plenum.onstate = ({ state }) => {
				if (state !== "open") return;
				before.leave();
				window.room = a.plenum.join("x");
				room.onerror = ({ code }) => events.push(code);
				room.onjoin = () => events.push("joined");
			};
			return true;
		})()`)
		require.Eventually(t, func() bool { return bus.asked.Load() > 0 }, wait, tick)
		close(bus.gate)
		js.Until(`events.join() === "joined" && room.joined`)
		pagetest.Evaluate[bool](js, `(a.plenum.close(), true)`)
	})
}
