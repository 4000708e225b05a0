package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
)

// Of a quiet room a browser knows only the position with which the stream begins.
func TestABrowsersEventSourceResumesInAQuietRoom(t *testing.T) {
	plainOnly(t, "the relay reads what passes")
	t.Parallel()
	s := start(t, "--announce-limit=-1")
	other := dial(t, s, "/ws/chat/q") // so that the room stays
	other.says("before")
	_, _, err := other.conn.Read(other.ctx)
	require.NoError(t, err)
	r := relayTo(t, s.url)
	browser := browsertest.Start(t, time.Minute)
	tab := browser.Open(t, r.url+"/chat.js") // any document of the server's will do
	tab.Run(`
		window.heard = [];
		window.source = new EventSource("/sse/rooms/q");
		source.onmessage = (e) => heard.push(JSON.parse(e.data).text);
		source.addEventListener("gap", (e) => heard.push("gap"));
	`)
	position := "id: " + s.epoch(t, "q") + ":1\n\n"
	require.Eventually(t, func() bool { return strings.Contains(r.passed.String(), position) }, wait, tick)
	r.cut()
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
	for i := range 3 { // nobody hears it
		s.post(t, "q", fmt.Sprint(i+1))
	}
	tab.Until(`heard.join() === "1,2,3"`)
}

// A browser's EventSource comes back by itself, and misses nothing.
func TestABrowsersEventSourceResumes(t *testing.T) {
	t.Parallel()
	s := start(t)
	r := relayTo(t, s.url)
	browser := browsertest.Start(t, time.Minute)
	tab := browser.Open(t, r.url+"/chat.js") // any document of the server's will do
	tab.Run(`
		window.heard = [];
		window.source = new EventSource("/sse/rooms/a");
		source.onmessage = (e) => heard.push(JSON.parse(e.data).text);
		source.addEventListener("gap", (e) => heard.push("gap"));
	`)
	say := func(from, to int) {
		for i := from; i <= to; i++ {
			status, _, _ := call(t, "POST", s.url+"/api/rooms/a/messages", fmt.Sprintf(`{"text":"%d"}`, i))
			require.Equal(t, 202, status)
		}
	}
	here := func(n string) {
		require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == n }, wait, tick)
	}
	here("1")
	said := ""
	for i := range 2 {
		say(10*i+1, 10*i+5)
		tab.Until(fmt.Sprintf(`heard.length === %d`, 10*i+5))
		r.cut()
		here("0")
		say(10*i+6, 10*i+10) // nobody hears it
		tab.Until(fmt.Sprintf(`heard.length === %d`, 10*i+10))
	}
	for i := range 20 {
		said += fmt.Sprint(i+1, ",")
	}
	tab.Until(`heard.join() + "," === ` + browsertest.Quote(said))
}
