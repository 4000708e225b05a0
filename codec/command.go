package codec

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Command is a command of a connection to several rooms: one JSON object per text frame.
type Command struct {
	Type   string          `json:"type"`   // join, leave, publish, members, refresh or ping
	ID     json.RawMessage `json:"id"`     // a number or a string, returned with the answer; nil if absent
	Room   string          `json:"room"`   // of all types but refresh and ping
	Since  *string         `json:"since"`  // of join: a position, epoch:seq
	Text   *string         `json:"text"`   // of publish
	Event  *string         `json:"event"`  // of publish
	Data   json.RawMessage `json:"data"`   // of publish: any JSON; nil if absent
	Cursor string          `json:"cursor"` // of members: the Cursor of the previous page
	Infos  bool            `json:"infos"`  // of members: with the infos of the names
	Token  string          `json:"token"`  // of refresh
}

// maxID is the longest Command.ID, in bytes of JSON.
const maxID = 64

// commandForm describes a Command.
var commandForm = form{
	{"type", mustBeString, isString},
	{"id", fmt.Sprintf("a number or a string of at most %d bytes", maxID), func(v json.RawMessage) bool { return isID(v) && len(v) <= maxID }},
	{"room", mustBeString, isString},
	{"since", mustBeString, isString},
	{"text", mustBeString, isString},
	{"event", mustBeString, isString},
	{"data", mustBeJSON, isJSON},
	{"cursor", mustBeString, isString},
	{"infos", "true or false", isBool},
	{"token", mustBeString, isString},
}

// ParseCommand decodes a Command. b must be UTF-8 and one JSON object without unknown keys. If a key
// occurs twice, its last value counts. The Command does not refer to b.
//
// An error names the first invalid field and the values it may have. The Command that is returned with it has only
// the ID, if b has a valid one. So the error can be sent as the answer.
func ParseCommand(b []byte) (Command, error) {
	var c Command
	if !utf8.Valid(b) || clients.Unmarshal(b, &c) != nil || !validID(c.ID) {
		id, err := commandForm.explain(b)
		return Command{ID: id}, err
	}
	if string(c.ID) == "null" {
		c.ID = nil
	}
	return c, nil
}

// Content returns the content that the command publishes, or an error if it is invalid.
func (c Command) Content() (Content, error) {
	var all Content
	if c.Text != nil {
		all.Text = *c.Text
	}
	if c.Event != nil {
		all.Event = *c.Event
	}
	all.Data = c.Data
	return all, all.check()
}

func validID(id json.RawMessage) bool { return len(id) == 0 || len(id) <= maxID && isID(id) }

// Answers to commands. ID is that of the command. Encode sets Type. All strings must be valid UTF-8.
type (
	// Joined answers join.
	Joined struct {
		Type      string          `json:"type"`
		ID        json.RawMessage `json:"id,omitempty"`
		Room      string          `json:"room"`
		Epoch     string          `json:"epoch"`
		Seq       uint64          `json:"seq"`       // of the last message before the join
		Members   int             `json:"members"`   // this connection included
		Recovered bool            `json:"recovered"` // every message since the given position follows
	}
	// Resumed is the first frame of a connection to one room whose URL has since, even an empty one. It answers no command.
	Resumed struct {
		Type      string `json:"type"`
		Room      string `json:"room"`
		Epoch     string `json:"epoch"`
		Seq       uint64 `json:"seq"`       // as in Joined
		Recovered bool   `json:"recovered"` // as in Joined
	}
	// Left answers leave. Without a command, it says that the server made the connection leave a room, with the reason in Code.
	Left struct {
		Type string          `json:"type"`
		ID   json.RawMessage `json:"id,omitempty"`
		Room string          `json:"room"`
		Code string          `json:"code,omitempty"`
	}
	// Published answers publish. It may be sent before or after the message itself.
	Published struct {
		Type string          `json:"type"`
		ID   json.RawMessage `json:"id,omitempty"`
		Room string          `json:"room"`
		Seq  uint64          `json:"seq"`
	}
	// Members answers members with one page of names. Cursor is empty on the last page.
	Members struct {
		Type       string          `json:"type"`
		ID         json.RawMessage `json:"id,omitempty"`
		Room       string          `json:"room"`
		Members    []string        `json:"members"`
		Cursor     string          `json:"cursor"`
		Incomplete bool            `json:"incomplete,omitempty"` // a node of the cluster did not answer

		Infos map[string]json.RawMessage `json:"infos,omitempty"` // by name, if the command asks for them
	}
	// Refreshed answers refresh.
	Refreshed struct {
		Type    string          `json:"type"`
		ID      json.RawMessage `json:"id,omitempty"`
		Expires int64           `json:"expires,omitempty"` // of the new token, in Unix milliseconds; 0: never
	}
	// Pong answers ping.
	Pong struct {
		Type      string          `json:"type"`
		ID        json.RawMessage `json:"id,omitempty"`
		Timestamp int64           `json:"timestamp"` // Unix milliseconds
	}
	// Refusal answers a command that fails.
	Refusal struct {
		Type    string          `json:"type"`
		ID      json.RawMessage `json:"id,omitempty"`
		Code    string          `json:"code"`    // for programs
		Message string          `json:"message"` // for people
	}
)

// Encode returns a as JSON, with the type joined.
func (a Joined) Encode() []byte { a.Type = "joined"; return encode(&a) }

// Encode returns a as JSON, with the type joined.
func (a Resumed) Encode() []byte { a.Type = "joined"; return encode(&a) }

// Encode returns a as JSON, with the type left.
func (a Left) Encode() []byte { a.Type = "left"; return encode(&a) }

// Encode returns a as JSON, with the type published.
func (a Published) Encode() []byte { a.Type = "published"; return encode(&a) }

// Encode returns a as JSON, with the type members.
func (a Members) Encode() []byte { a.Type = "members"; return encode(&a) }

// Encode returns a as JSON, with the type refreshed.
func (a Refreshed) Encode() []byte { a.Type = "refreshed"; return encode(&a) }

// Encode returns a as JSON, with the type pong.
func (a Pong) Encode() []byte { a.Type = "pong"; return encode(&a) }

// Encode returns a as JSON, with the type error.
func (a Refusal) Encode() []byte { a.Type = "error"; return encode(&a) }
