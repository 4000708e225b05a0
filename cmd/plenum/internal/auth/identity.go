package auth

import (
	"slices"
	"strings"
	"time"
)

// Identity is a user's name and rights.
type Identity struct {
	Name    string    // the claim email if it is verified, else sub; not empty, and not checked further
	Expires time.Time // zero: never
	Rooms   []string  // patterns of the rooms that the user may join; nil: all, empty: none
	Publish bool      // may publish messages
	Admin   bool      // may use the API
	Info    *string   // JSON without white space between its tokens, which others see with the name; nil: none
}

// MayJoin reports whether the user may join room, because one of the patterns matches the room or there are no
// patterns. In a pattern * matches any number of characters, including none. Any other character matches itself.
func (id Identity) MayJoin(room string) bool {
	return id.Rooms == nil || slices.ContainsFunc(id.Rooms, func(pattern string) bool { return Matches(pattern, room) })
}

// Matches reports whether pattern matches room, see Identity.MayJoin. It matches each part between two stars at its first
// occurrence, which leaves the longest rest for the following parts.
func Matches(pattern, room string) bool {
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
