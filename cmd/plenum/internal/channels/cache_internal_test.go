package channels

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/codec/pusher"
)

// Keeps is called for each message with the room's lock held.
func TestOnlyCacheChannelsKeepEventsFromServers(t *testing.T) {
	event := func(except, name string) []byte { return pusher.AppendEvent(nil, except, name, "x", "{}") }
	for room, want := range map[string]bool{
		"7/cache-a": true, "7/private-cache-a": true, "7/private-encrypted-cache-a": true, "7/presence-cache-a": true,
		"7/a": false, "cache-7/a": false, "7/a-cache-b": false, "7/private-a": false, "7/#server-to-user-cache-a": false,
	} {
		assert.Equal(t, want, Keeps(room, event("", "order")), room)
		assert.Equal(t, want, Keeps(room, event("1.2", "order")), room)
		assert.Equal(t, want, Keeps(room, event("1.2", "client-a")), room)
		assert.False(t, Keeps(room, pusher.AppendClientEvent(nil, "1.2", pusher.Event{Event: "client-a", Channel: "x"}, "")), room)
		assert.False(t, Keeps(room, pusher.AppendCount(nil, "x", 1)), room)
		assert.Zero(t, testing.AllocsPerRun(100, func() { Keeps(room, nil) }))
	}
}
