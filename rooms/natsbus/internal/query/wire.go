package query

import (
	"encoding/json"

	"plenum/rooms"
)

// Question is a question to all nodes. On the wire it is JSON.
type Question struct {
	Kind   string `json:"kind"`
	Share  string `json:"share,omitempty"` // the share whose rooms the question is about
	Room   string `json:"room,omitempty"`  // the bus's name of the room
	After  string `json:"after,omitempty"` // a page begins after this name
	Limit  int    `json:"limit,omitempty"` // largest number of entries of a page
	Name   string `json:"name,omitempty"`  // name of a user
	Code   int    `json:"code,omitempty"`  // close code for Kick
	Reason string `json:"reason,omitempty"`
}

// Kinds of questions.
const (
	Rooms   = "rooms"   // a page of rooms
	Room    = "room"    // one room
	Members = "members" // a page of a room's members
	Report  = "report"  // the node's report about a room; nodes of an older version have none
	Kick    = "kick"    // close a user's connections in a room
	Status  = "status"  // the node's own status
)

// Answer is the answer of one node. On the wire it is JSON.
type Answer struct {
	Node   uint64            `json:"node"`
	Name   string            `json:"name"`
	Share  string            `json:"share,omitempty"` // of the question; nodes of an older version have one share, named ""
	Rooms  []rooms.Info      `json:"rooms,omitempty"`
	Names  []string          `json:"names,omitempty"`
	Infos  map[string]string `json:"infos,omitempty"` // of names; nodes of an older version tell none
	More   bool              `json:"more,omitempty"`
	Found  bool              `json:"found,omitempty"`
	Closed int               `json:"closed,omitempty"`
	Report []byte            `json:"report,omitempty"` // in the wire format of package natsbus
	Status json.RawMessage   `json:"status,omitempty"`
}
