package main

import (
	"log/slog"
	"time"

	"golang.org/x/time/rate"

	"plenum/rooms"
)

// overloadLines bounds the log: an overload that comes and goes is one line in this time.
const overloadLines = 10 * time.Second

// logOverloads returns what writes a line to the log if a room becomes overloaded.
func logOverloads(log *slog.Logger) func(rooms.Overload) {
	lines := rate.Sometimes{Interval: overloadLines}
	return func(o rooms.Overload) {
		lines.Do(func() {
			log.Warn("room overloaded: more than half of its members cannot keep up, so its publishers are held back; send less to it, or spread its members over more machines",
				"room", o.Room, "members", o.Members, "behind", o.Trailing)
		})
	}
}
