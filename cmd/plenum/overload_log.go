package main

import (
	"log/slog"

	"plenum/cmd/plenum/internal/boundedlog"
	"plenum/rooms"
)

// newOverloadLog returns the log of rooms that become overloaded.
func newOverloadLog(log *slog.Logger) *boundedlog.Log {
	return boundedlog.New(log, "room overloaded: more than half of its members cannot keep up, so its publishers are held back: "+
		"send less to it, or spread its members over more machines", "room",
		"more than 10 rooms were overloaded within a minute: these are the others")
}

// overloaded is for rooms.Config.
func (s *server) overloaded(o rooms.Overload) {
	s.overloads.Add(o.Room, "members", o.Members, "behind", o.Trailing)
}
