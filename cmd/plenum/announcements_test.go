package main

import (
	"testing"
)

func TestClientsThatAskGetAnnouncementsAsEvents(t *testing.T) {
	t.Parallel()
	s := start(t, "--compression=on", "--compression-min=1B")
	prose := dial(t, s, "/ws/chat/a?username=Bea")
	const bea = `"text":"Bea joined the room"`
	const message = `{"sender":"Bea","text":"Alex joined the room","room":"a","timestamp":T,"seq":2}`
	prose.receives(`{"sender":"System",` + bea + `,"room":"a","timestamp":T,"seq":1}`)
	prose.sends("Alex joined the room")
	prose.receives(message)

	withEvent := `{"sender":"System",` + bea + `,"event":"joined","data":{"name":"Bea"},"room":"a","timestamp":T,"seq":1}`
	chat, compressed := dial(t, s, "/ws/chat/a?username=Bea&since=:0&announcements=events"), dialCompressed(t, s, "/ws/chat/a?username=Bea&since=:0&announcements=events")
	for _, c := range []*client{chat, compressed} {
		c.receives(`{"type":"joined","room":"a","epoch":"E","seq":2,"recovered":false}`)
		c.receives(withEvent)
		c.receives(message)
	}
	mux := dial(t, s, "/ws?username=Bea&announcements=events")
	mux.asks(`{"type":"join","room":"a","since":":0"}`, `{"type":"joined","room":"a","epoch":"E","seq":2,"members":4,"recovered":false}`)
	mux.receives(withEvent)
	mux.receives(message)
	events := listenTo(t, s, "/sse/rooms/a?since=:0&announcements=events")
	epoch := s.epoch(t, "a")
	events.receivesPosition()
	events.receives("id: " + epoch + ":1\nevent: message\ndata: " + withEvent)

	cleo := dial(t, s, "/ws/chat/a?username=Cleo")
	for _, c := range []*client{chat, compressed, mux} {
		c.receives(`{"sender":"System","text":"Cleo joined the room","event":"joined","data":{"name":"Cleo"},"room":"a","timestamp":T,"seq":3}`)
	}
	prose.receives(`{"sender":"System","text":"Cleo joined the room","room":"a","timestamp":T,"seq":3}`)
	cleo.receives(`{"sender":"System","text":"Cleo joined the room","room":"a","timestamp":T,"seq":3}`)
	cleo.leaves()
	mux.receives(`{"sender":"System","text":"Cleo left the room","event":"left","data":{"name":"Cleo"},"room":"a","timestamp":T,"seq":4}`)
}
