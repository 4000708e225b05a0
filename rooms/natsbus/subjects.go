package natsbus

import (
	"encoding/base64"
	"strings"
)

// The subjects. A room's name is one token of them, base64url without padding (RFC 4648
// section 5), for it may have any character.
const (
	streamName = "PLENUM"
	// inPrefix and a room: batches are published here, and kept by the stream.
	inPrefix = "plenum.in."
	// roomPrefix, a room and a kind: what a node with members of the room is subscribed to.
	roomPrefix   = "plenum.room."
	kindLog      = "log"  // batches, as the stream has taken them
	kindPresence = "here" // how many members a node has
	// probePrefix and a node: what the stream keeps of its probes.
	probePrefix = "plenum.probe."
	// beatSubject is where nodes show that they are there.
	beatSubject = "plenum.nodes"
	// askSubject is where all nodes are asked.
	askSubject = "plenum.ask"
)

func token(room string) string { return base64.RawURLEncoding.EncodeToString([]byte(room)) }

// roomOf is the room of a token; false where it is none.
func roomOf(token string) (string, bool) {
	name, err := base64.RawURLEncoding.DecodeString(token)
	return string(name), err == nil && len(name) > 0
}

// roomSubject parses what a node with members of a room is subscribed to.
func roomSubject(subject string) (room, kind string, ok bool) {
	rest, ok := strings.CutPrefix(subject, roomPrefix)
	if !ok {
		return "", "", false
	}
	t, kind, ok := strings.Cut(rest, ".")
	if !ok {
		return "", "", false
	}
	room, ok = roomOf(t)
	return room, kind, ok
}
