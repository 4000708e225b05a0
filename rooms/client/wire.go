package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// command is a command as the client sends it. The server decodes it as a codec.Command.
type command struct {
	Type  string          `json:"type"`
	ID    uint64          `json:"id,omitempty"`
	Room  string          `json:"room,omitempty"`
	Since string          `json:"since,omitempty"`
	Text  *string         `json:"text,omitempty"`
	Event string          `json:"event,omitempty"`
	Data  json.RawMessage `json:"data,omitempty"`
	Token string          `json:"token,omitempty"`
}

// ErrInvalid is wrapped by the errors of requests that cannot be sent. The room is empty, a string is not UTF-8, the data is
// not JSON, or the command is larger than Config.MaxMessage.
var ErrInvalid = errors.New("client: invalid request")

func (c command) check() error {
	switch {
	case c.Room == "" && c.Type != "refresh":
		return fmt.Errorf("%w: the room is empty", ErrInvalid)
	case !utf8.ValidString(c.Room), c.Text != nil && !utf8.ValidString(*c.Text), !utf8.ValidString(c.Event), !utf8.Valid(c.Data):
		return fmt.Errorf("%w: the room, text, event or data is not UTF-8", ErrInvalid) // encoding/json would replace the invalid bytes
	case c.Data != nil && !json.Valid(c.Data):
		return fmt.Errorf("%w: the data is not JSON", ErrInvalid)
	}
	return nil
}

// encode returns c as JSON, without the escapes for HTML.
func (c command) encode() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(c); err != nil {
		panic(err) // impossible: check has refused data that is not JSON
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// received is any frame of the server: a message, which has no type, a gap, or an answer.
type received struct {
	Type string `json:"type"`
	ID   uint64 `json:"id"`
	Room string `json:"room"`

	Sender    string          `json:"sender"`
	Text      string          `json:"text"`
	Event     string          `json:"event"`
	Data      json.RawMessage `json:"data"`
	Timestamp int64           `json:"timestamp"`
	Seq       uint64          `json:"seq"`

	To uint64 `json:"to"`

	Epoch     string `json:"epoch"`
	Members   int    `json:"members"`
	Recovered bool   `json:"recovered"`

	Code    string `json:"code"`
	Message string `json:"message"`
}

// Refusal is the server's answer to a command that fails. The connection stays open. Code is for programs: not_allowed,
// not_joined, already_joined, cancelled, too_many_rooms, bad_room, busy and others. codec/PROTOCOL.md lists all.
type Refusal struct{ Code, Message string }

func (r *Refusal) Error() string { return r.Message + " (" + r.Code + ")" }

// overtaken reports whether a join was refused because of another command of this client: a leave that
// cancelled it, or another join. The answer to that command says whether the client is in the room.
func (r *Refusal) overtaken() bool { return r.Code == "cancelled" || r.Code == "already_joined" }

// final reports whether repeating the command would be of no use.
func (r *Refusal) final() bool {
	switch r.Code {
	case "not_allowed", "bad_room", "bad_since", "bad_command", "unknown_type":
		return true
	}
	return false
}
