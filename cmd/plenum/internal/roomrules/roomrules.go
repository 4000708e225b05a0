// Package roomrules has the settings of rooms by patterns of their names. It stores nothing about rooms, and does not
// know which rooms exist. A Rules is read-only after its creation, so any goroutine may use it.
package roomrules

import (
	"plenum/cmd/plenum/internal/auth"
	"plenum/rooms"
)

// Max is the maximum number of rules.
const Max = 100

// Values of Rule.Announcements.
const (
	All    = "all"    // names, and digests in rooms above --announce-limit
	Names  = "names"  // names, and nothing in rooms above --announce-limit
	Counts = "counts" // digests in rooms of every size
	None   = "none"
)

// Values of Rule.Publish.
const (
	Clients = "clients"
	API     = "api" // only the API publishes
)

// Rule has the settings of the rooms that match a pattern.
type Rule struct {
	Match         string // as in auth.Identity.Rooms
	Announcements string
	Publish       string
	Messages      int   // retained messages of users
	Age           int64 // of a retained message, in seconds
}

// Rules are the rules in the order of the settings. The first one that matches a room counts.
type Rules []Rule

// Of returns the number of the rule of a room, counted from 1; 0 if there is none.
func (r Rules) Of(room string) int {
	for i := range r {
		if auth.Matches(r[i].Match, room) {
			return i + 1
		}
	}
	return 0
}

// OnlyAPI reports whether only the API publishes in a room.
func (r Rules) OnlyAPI(room string) bool {
	n := r.Of(room)
	return n > 0 && r[n-1].Publish == API
}

// History returns all with the bounds of the rules.
func (r Rules) History(all rooms.History) rooms.History {
	if len(r) == 0 {
		return all
	}
	bounds := make([]rooms.History, 0, len(r))
	for _, rule := range r {
		bounds = append(bounds, rooms.History{Messages: rule.Messages, Announcements: all.Announcements, Age: rule.Age})
	}
	all.Others, all.Of = bounds, r.Of
	return all
}

// Announcer returns the announcer of the rooms.
func (r Rules) Announcer() rooms.Announcer { return announcer{rules: r} }

// announcer is rooms.Prose, except that the rule of a room decides how its joins and leaves are announced.
type announcer struct {
	rooms.Prose
	rules Rules
}

// Announces implements rooms.Announcer.
func (a announcer) Announces(room string) rooms.Announcing {
	n := a.rules.Of(room)
	if n == 0 {
		return a.Prose.Announces(room)
	}
	switch a.rules[n-1].Announcements {
	case Names:
		return rooms.ByName
	case Counts:
		return rooms.AsCounts
	case None:
		return rooms.Silently
	}
	return rooms.ByNameOrDigest
}
