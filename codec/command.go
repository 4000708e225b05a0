package codec

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Command is what a client of many rooms sends: one JSON object a text frame.
type Command struct {
	Type   string          `json:"type"`
	ID     json.RawMessage `json:"id"` // a number or a string, echoed; absent: nil
	Room   string          `json:"room"`
	Since  *string         `json:"since"`
	Text   *string         `json:"text"`
	Cursor string          `json:"cursor"`
}

// maxID bounds Command.ID, in bytes.
const maxID = 64

// commandForm is a Command's.
var commandForm = form{
	{"type", mustBeString, isString},
	{"id", fmt.Sprintf("a number or a string of at most %d bytes", maxID), func(v json.RawMessage) bool { return isID(v) && len(v) <= maxID }},
	{"room", mustBeString, isString},
	{"since", mustBeString, isString},
	{"text", mustBeString, isString},
	{"cursor", mustBeString, isString},
}

// ParseCommand decodes a Command strictly: one JSON object, no unknown key, UTF-8. Of a key that comes twice the
// last value counts. The error names the field at fault; if only another one than the ID is, the ID is
// returned with it.
func ParseCommand(b []byte) (Command, error) {
	var c Command
	if !utf8.Valid(b) || clients.Unmarshal(b, &c) != nil || !validID(c.ID) {
		id, err := commandForm.fault(b)
		return Command{ID: id}, err
	}
	if string(c.ID) == "null" {
		c.ID = nil
	}
	return c, nil
}

func validID(id json.RawMessage) bool { return len(id) == 0 || len(id) <= maxID && isID(id) }

// Answers to commands; Encode sets the Type.
type (
	// Joined answers join. Recovered: everything since the place that was given follows.
	Joined struct {
		Type      string          `json:"type"`
		ID        json.RawMessage `json:"id,omitempty"`
		Room      string          `json:"room"`
		Epoch     string          `json:"epoch"`
		Seq       uint64          `json:"seq"` // of the last message before it joined
		Members   int             `json:"members"`
		Recovered bool            `json:"recovered"`
	}
	// Resumed is the first frame on a connection to one room that was opened at a position.
	Resumed struct {
		Type      string `json:"type"`
		Room      string `json:"room"`
		Epoch     string `json:"epoch"`
		Seq       uint64 `json:"seq"`       // as in Joined
		Recovered bool   `json:"recovered"` // as in Joined
	}
	// Left answers leave.
	Left struct {
		Type string          `json:"type"`
		ID   json.RawMessage `json:"id,omitempty"`
		Room string          `json:"room"`
	}
	// Published answers publish. It comes before or after the message itself.
	Published struct {
		Type string          `json:"type"`
		ID   json.RawMessage `json:"id,omitempty"`
		Room string          `json:"room"`
		Seq  uint64          `json:"seq"`
	}
	// Members answers members; an empty cursor is the last page's.
	Members struct {
		Type       string          `json:"type"`
		ID         json.RawMessage `json:"id,omitempty"`
		Room       string          `json:"room"`
		Members    []string        `json:"members"`
		Cursor     string          `json:"cursor"`
		Incomplete bool            `json:"incomplete,omitempty"` // a node of the cluster has not answered
	}
	// Pong answers ping.
	Pong struct {
		Type      string          `json:"type"`
		ID        json.RawMessage `json:"id,omitempty"`
		Timestamp int64           `json:"timestamp"` // Unix milliseconds
	}
	// Refusal answers what cannot be done.
	Refusal struct {
		Type    string          `json:"type"`
		ID      json.RawMessage `json:"id,omitempty"`
		Code    string          `json:"code"` // for programs
		Message string          `json:"message"`
	}
)

// Encode encodes the answer.
func (a Joined) Encode() []byte { a.Type = "joined"; return encode(&a) }

// Encode encodes the frame.
func (a Resumed) Encode() []byte { a.Type = "joined"; return encode(&a) }

// Encode encodes the answer.
func (a Left) Encode() []byte { a.Type = "left"; return encode(&a) }

// Encode encodes the answer.
func (a Published) Encode() []byte { a.Type = "published"; return encode(&a) }

// Encode encodes the answer.
func (a Members) Encode() []byte { a.Type = "members"; return encode(&a) }

// Encode encodes the answer.
func (a Pong) Encode() []byte { a.Type = "pong"; return encode(&a) }

// Encode encodes the answer.
func (a Refusal) Encode() []byte { a.Type = "error"; return encode(&a) }
