// Package room has the work that all Go peers do in the same way: a room's members, the order of
// its messages, and their JSON.
package room

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// Message is a message of a room as it is sent to members.
type Message struct {
	Sender    string `json:"sender"`
	Text      string `json:"text"`
	Room      string `json:"room"`
	Timestamp int64  `json:"timestamp"` // Unix milliseconds
	Seq       uint64 `json:"seq"`       // counts the room's messages from 1
}

// Append adds the message's JSON to dst, keys in the order of the fields.
func (m Message) Append(dst []byte) []byte {
	dst = append(dst, `{"sender":`...)
	dst = appendString(dst, m.Sender)
	dst = append(dst, `,"text":`...)
	dst = appendString(dst, m.Text)
	dst = append(dst, `,"room":`...)
	dst = appendString(dst, m.Room)
	dst = append(dst, `,"timestamp":`...)
	dst = strconv.AppendInt(dst, m.Timestamp, 10)
	dst = append(dst, `,"seq":`...)
	dst = strconv.AppendUint(dst, m.Seq, 10)
	return append(dst, '}')
}

func appendString(dst []byte, s string) []byte {
	if isPlain(s) {
		dst = append(dst, '"')
		dst = append(dst, s...)
		return append(dst, '"')
	}
	return append(dst, Quote(s)...)
}

// isPlain reports whether s needs no escaping in JSON.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// Quote returns s as a JSON string. It does not escape <, > and &, like the peers in other
// languages.
func Quote(s string) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // encoding a string to a bytes.Buffer does not fail
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
