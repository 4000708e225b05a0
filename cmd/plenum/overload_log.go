package main

import (
	"log/slog"

	"plenum/cmd/plenum/internal/boundedlog"
	"plenum/rooms"
)

// newOverloadLog returns the log of rooms that become overloaded.
func newOverloadLog(log *slog.Logger) *boundedlog.Log {
	return boundedlog.New(log, "room overloaded, its publishers are slowed down because most members cannot keep up: "+
		"send less to it, or spread its members over more machines", "room",
		"room overloaded: more than 10 rooms within a minute, the others are only counted")
}

// overloaded logs the overload of a room. It is the Overloaded function of a rooms.Config.
func (s *server) overloaded(o rooms.Overload) {
	s.overloads.Add(o.Room, "members", o.Members, "behind", o.Trailing)
}
