package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// The texts of announcements. A name precedes the first two.
const (
	JoinedText = " joined the room"
	LeftText   = " left the room"
	DigestText = "%d joined, %d left, %d here" // members that joined and left, and members now
)

// The events of announcements, for clients that ask for them. A client of a room cannot send them: only announcements have the
// sender System.
const (
	eventJoined = "joined"
	eventLeft   = "left"
	eventDigest = "digest"
)

// AppendAnnouncement appends message, the payload of a frame. If it is an announcement, an event and data are added after its
// text. Any other message is appended unchanged. info is the info of a member that has joined, a JSON text, or empty.
//
//	{"sender":"System","text":"Alex joined the room","event":"joined","data":{"name":"Alex"},"room":…}
//	{"sender":"System","text":"Alex joined the room","event":"joined","data":{"name":"Alex","info":{"team":7}},"room":…}
//	{"sender":"System","text":"12 joined, 3 left, 4512 here","event":"digest","data":{"joined":12,"left":3,"members":4512},"room":…}
func AppendAnnouncement(dst, message []byte, info string) []byte {
	var m Message
	if !IsAnnouncement(message) || json.Unmarshal(message, &m) != nil || m.Event != "" {
		return append(dst, message...)
	}
	m.Event, m.Data = announced(m.Text, info)
	if m.Event == "" {
		return append(dst, message...)
	}
	return append(dst, bytes.TrimSuffix(encode(&m), []byte("\n"))...)
}

// announced returns the event and the data of an announcement's text. For any other text, event is empty. A name cannot make a
// text ambiguous, because each text has its own end.
func announced(text, info string) (event string, data json.RawMessage) {
	if name, ok := strings.CutSuffix(text, JoinedText); ok {
		return eventJoined, encode(&named{name, json.RawMessage(info)})
	}
	if name, ok := strings.CutSuffix(text, LeftText); ok {
		return eventLeft, encode(&named{Name: name})
	}
	var d struct {
		Joined  int `json:"joined"`
		Left    int `json:"left"`
		Members int `json:"members"`
	}
	if n, err := fmt.Sscanf(text, DigestText, &d.Joined, &d.Left, &d.Members); err != nil || n != 3 {
		return "", nil
	}
	return eventDigest, encode(&d)
}

// named is the data of the events joined and left.
type named struct {
	Name string          `json:"name"`
	Info json.RawMessage `json:"info,omitempty"`
}

// The keys at the end of an announcement's body. An info is between the timestamp and the seq.
const (
	timestampKey = `,"timestamp":`
	infoKey      = `,"info":`
	seqKey       = `,"seq":`
)

// AppendInfo appends body, the Bytes of an announcement's Body, and inserts info before the seq. info is the info of the member
// that has joined: a JSON text without white space around it, or empty. If info is empty, the body is appended unchanged. The
// result is a body for AppendFrame, which leaves the info out of the frame, and for InfoOf.
func AppendInfo(dst, body []byte, info string) []byte {
	if info == "" {
		return append(dst, body...)
	}
	dst = append(dst, bytes.TrimSuffix(body, []byte(seqKey))...)
	dst = append(append(dst, infoKey...), info...)
	return append(dst, seqKey...)
}

// InfoOf returns the info in a body, or an empty slice if the body has none. The slice is a part of body.
func InfoOf(body []byte) []byte {
	from, to := findInfo(body)
	return bytes.TrimPrefix(body[from:to], []byte(infoKey))
}

// findInfo returns the range of the info and its key in a body. The range is empty if the body has no info. The first
// timestampKey is the key itself and not a part of a string, because quotes in strings are escaped.
func findInfo(body []byte) (from, to int) {
	if !IsAnnouncement(body) {
		return 0, 0
	}
	from = bytes.Index(body, []byte(timestampKey)) + len(timestampKey)
	for from < len(body) && body[from] != ',' {
		from++
	}
	to = len(body) - len(seqKey)
	if !bytes.HasPrefix(body[from:], []byte(infoKey)) || to < from+len(infoKey) {
		return 0, 0
	}
	return from, to
}
