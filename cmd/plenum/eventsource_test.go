package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
)

// A browser in a quiet room knows only the position with which the stream begins.
func TestAnEventSourceResumesInAQuietRoom(t *testing.T) {
	plainOnly(t, "the relay must read the bytes")
	t.Parallel()
	s := start(t, "--announce-limit=-1")
	other := dial(t, s, "/ws/chat/q") // so that the room stays open
	other.sends("before")
	_, _, err := other.conn.Read(other.ctx)
	require.NoError(t, err)
	r := relayTo(t, s.url)
	browser := browsertest.Start(t, time.Minute)
	tab := browser.Open(t, r.url+"/chat.js") // any document of the server will do
	tab.Run(`
		window.received = [];
		window.source = new EventSource("/sse/rooms/q");
		source.onmessage = (e) => received.push(JSON.parse(e.data).text);
		source.addEventListener("gap", (e) => received.push("gap"));
	`)
	position := "id: " + s.epoch(t, "q") + ":1\n\n"
	require.Eventually(t, func() bool { return strings.Contains(r.passed.String(), position) }, wait, tick)
	r.cut()
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
	for i := range 3 { // published while there is no connection
		s.post(t, "q", fmt.Sprint(i+1))
	}
	tab.Until(`received.join() === "1,2,3"`)
}

// A browser's EventSource reconnects by itself, and misses no message.
func TestAnEventSourceResumes(t *testing.T) {
	t.Parallel()
	s := start(t)
	r := relayTo(t, s.url)
	browser := browsertest.Start(t, time.Minute)
	tab := browser.Open(t, r.url+"/chat.js") // any document of the server will do
	tab.Run(`
		window.received = [];
		window.source = new EventSource("/sse/rooms/a");
		source.onmessage = (e) => received.push(JSON.parse(e.data).text);
		source.addEventListener("gap", (e) => received.push("gap"));
	`)
	publish := func(from, to int) {
		for i := from; i <= to; i++ {
			status, _, _ := call(t, "POST", s.url+"/api/rooms/a/messages", fmt.Sprintf(`{"text":"%d"}`, i))
			require.Equal(t, 202, status)
		}
	}
	here := func(n string) {
		require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == n }, wait, tick)
	}
	here("1")
	expected := ""
	for i := range 2 {
		publish(10*i+1, 10*i+5)
		tab.Until(fmt.Sprintf(`received.length === %d`, 10*i+5))
		r.cut()
		here("0")
		publish(10*i+6, 10*i+10) // published while there is no connection
		tab.Until(fmt.Sprintf(`received.length === %d`, 10*i+10))
	}
	for i := range 20 {
		expected += fmt.Sprint(i+1, ",")
	}
	tab.Until(`received.join() + "," === ` + browsertest.Quote(expected))
}
