package query

import (
	"encoding/json"

	"plenum/rooms"
)

// Question is what all nodes are asked, as JSON on the wire.
type Question struct {
	Kind   string `json:"kind"`
	Room   string `json:"room,omitempty"`
	After  string `json:"after,omitempty"` // the name behind which a page begins
	Limit  int    `json:"limit,omitempty"` // of a page
	Name   string `json:"name,omitempty"`  // of a user
	Code   int    `json:"code,omitempty"`  // of a close frame
	Reason string `json:"reason,omitempty"`
}

// Kinds of questions.
const (
	Rooms   = "rooms"   // a page of rooms
	Room    = "room"    // one room
	Members = "members" // a page of a room's members
	Kick    = "kick"    // close a user's connections in a room
	Status  = "status"  // the node's own status
)

// Answer is what one node answers, as JSON on the wire.
type Answer struct {
	Node   uint64          `json:"node"`
	Name   string          `json:"name"`
	Rooms  []rooms.Info    `json:"rooms,omitempty"`
	Names  []string        `json:"names,omitempty"`
	More   bool            `json:"more,omitempty"`
	Found  bool            `json:"found,omitempty"`
	Closed int             `json:"closed,omitempty"`
	Status json.RawMessage `json:"status,omitempty"`
}
