package natsbus

import (
	"context"
	"strings"

	"plenum/rooms"
)

// Share is the part of a Bus that one hub uses: the hub's Config.Bus. It implements rooms.Bus. Rooms of the same name in
// several shares are different rooms. Bus.Share creates it.
type Share struct {
	bus    *Bus
	name   string
	prefix string     // of the bus's names of its rooms
	hub    *rooms.Hub // set by Attach
}

// shareEnd ends the name of a share in the bus's name of a room. A room's name has no such byte.
const shareEnd = "\x00"

// Share returns a new share. name tells shares apart, and must be the same on all nodes. The share named "" has the rooms of
// the nodes of an older version, which have only one hub.
func (b *Bus) Share(name string) *Share {
	s := &Share{bus: b, name: name}
	if name != "" {
		s.prefix = name + shareEnd
	}
	return s
}

// Attach sets the hub that uses the share, and returns the directory of its rooms. It must be called once, before Bus.Serve.
func (s *Share) Attach(hub *rooms.Hub) Directory {
	s.hub = hub
	s.bus.shares = append(s.bus.shares, s)
	return Directory{s}
}

// own returns a room of this share by the bus's name; false if it belongs to another share.
func (s *Share) own(name string) (room string, ok bool) {
	if s.prefix == "" {
		return name, !strings.Contains(name, shareEnd)
	}
	return strings.CutPrefix(name, s.prefix)
}

// loggedName returns a room's name for the log by the bus's name of it: channels/7/news for the room 7/news of the share channels.
func loggedName(name string) string { return strings.Replace(name, shareEnd, "/", 1) }

// Publish implements rooms.Bus.
func (s *Share) Publish(room string, body []byte, to rooms.Receipt) {
	s.bus.publish(s.prefix+room, body, to)
}

// Follow implements rooms.Bus. If the room's stream is away, or ctx ends before the room is open, it returns rooms.ErrBus.
func (s *Share) Follow(ctx context.Context, room string, begin func(epoch rooms.Epoch) *rooms.Room) (unfollow func(), err error) {
	return s.bus.follow(ctx, s.prefix+room, begin)
}

// Reach implements rooms.Bus. It waits for at most two seconds. If the room's stream is away, it returns rooms.ErrBus.
func (s *Share) Reach(ctx context.Context, room string, since rooms.Since) error {
	return s.bus.reach(ctx, s.prefix+room, since)
}
