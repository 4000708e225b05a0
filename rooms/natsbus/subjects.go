package natsbus

import (
	"encoding/base64"
	"strings"
)

// StreamName is the name of the stream of a Bus that has one. It is the prefix of the names of several.
const StreamName = "PLENUM"

// The NATS subjects of a cluster with one stream; see newStreams for several. A room's name may have any character. So it
// is one token of a subject, in base64url without padding (RFC 4648 section 5).
const (
	// inPrefix and a room: nodes publish batches here, and the stream stores them.
	inPrefix = "plenum.in."
	// roomPrefix, a room and a kind: nodes with members of the room subscribe to it.
	roomPrefix   = "plenum.room."
	kindBatch    = "log"  // republished batches
	kindPresence = "here" // reports of members
	// probePrefix and a node: the node publishes its probes here.
	probePrefix = "plenum.probe."
	// beatSubject is for heartbeats.
	beatSubject = "plenum.nodes"
	// askSubject is for questions to all nodes.
	askSubject = "plenum.ask"
)

func token(room string) string { return base64.RawURLEncoding.EncodeToString([]byte(room)) }

// roomOf returns the room of a token; false if the token is malformed.
func roomOf(token string) (string, bool) {
	name, err := base64.RawURLEncoding.DecodeString(token)
	return string(name), err == nil && len(name) > 0
}

// roomSubject parses a NATS subject that begins with stream.rooms.
func roomSubject(subject string) (room, kind string, ok bool) {
	end := strings.LastIndexByte(subject, '.')
	if end < 0 || !strings.HasPrefix(subject, strings.TrimSuffix(roomPrefix, ".")) {
		return "", "", false
	}
	begin := strings.LastIndexByte(subject[:end], '.')
	room, ok = roomOf(subject[begin+1 : end])
	return room, subject[end+1:], ok
}
