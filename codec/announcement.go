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

// AppendAnnouncement appends an announcement, the payload of a frame, with an event and data after its text. It appends
// any other message unchanged.
//
//	{"sender":"System","text":"Alex joined the room","event":"joined","data":{"name":"Alex"},"room":…}
//	{"sender":"System","text":"12 joined, 3 left, 4512 here","event":"digest","data":{"joined":12,"left":3,"members":4512},"room":…}
func AppendAnnouncement(dst, message []byte) []byte {
	var m Message
	if !IsAnnouncement(message) || json.Unmarshal(message, &m) != nil || m.Event != "" {
		return append(dst, message...)
	}
	m.Event, m.Data = announced(m.Text)
	if m.Event == "" {
		return append(dst, message...)
	}
	return append(dst, bytes.TrimSuffix(encode(&m), []byte("\n"))...)
}

// announced returns the event and the data of an announcement's text; nothing if it is another text. A name cannot make a text
// ambiguous, because each text has its own end.
func announced(text string) (event string, data json.RawMessage) {
	named := func(name string) json.RawMessage {
		return encode(&struct {
			Name string `json:"name"`
		}{name})
	}
	if name, ok := strings.CutSuffix(text, JoinedText); ok {
		return eventJoined, named(name)
	}
	if name, ok := strings.CutSuffix(text, LeftText); ok {
		return eventLeft, named(name)
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
