package auth

import (
	"slices"
	"strings"
	"time"
)

// Identity is whom a token names and what it allows.
type Identity struct {
	Name    string    // the claim email if it is verified, else sub; never empty, and not checked otherwise
	Expires time.Time // zero: never
	Rooms   []string  // patterns of the rooms that may be joined; nil: all, empty: none
	Publish bool      // may speak
	Admin   bool      // may use the API
}

// MayJoin tells whether one of the patterns is the room's. In a pattern * stands for any
// run of characters, also for none; all others stand for themselves.
func (id Identity) MayJoin(room string) bool {
	return id.Rooms == nil || slices.ContainsFunc(id.Rooms, func(pattern string) bool { return matches(pattern, room) })
}

// matches takes each part between two stars where it comes first, which leaves the
// most to those after it.
func matches(pattern, room string) bool {
	first, rest, starred := strings.Cut(pattern, "*")
	if !starred {
		return pattern == room
	}
	room, ok := strings.CutPrefix(room, first)
	parts := strings.Split(rest, "*")
	last := len(parts) - 1
	for _, part := range parts[:last] {
		var found bool
		_, room, found = strings.Cut(room, part)
		ok = ok && found
	}
	return ok && strings.HasSuffix(room, parts[last])
}
