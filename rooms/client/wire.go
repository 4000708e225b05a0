package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// command is what the client says, and codec.Command what the server reads.
type command struct {
	Type  string  `json:"type"`
	ID    uint64  `json:"id,omitempty"`
	Room  string  `json:"room,omitempty"`
	Since string  `json:"since,omitempty"`
	Text  *string `json:"text,omitempty"`
}

// ErrInvalid is wrapped in the error of what cannot be sent: it names no room, is not
// UTF-8, or is larger than Config.MaxMessage.
var ErrInvalid = errors.New("client: cannot be sent")

func (c command) check() error {
	switch {
	case c.Room == "":
		return fmt.Errorf("%w: it names no room", ErrInvalid)
	case !utf8.ValidString(c.Room), c.Text != nil && !utf8.ValidString(*c.Text):
		return fmt.Errorf("%w: it is not UTF-8", ErrInvalid) // JSON would change it
	}
	return nil
}

// encode is c as JSON, with no more escapes than needed.
func (c command) encode() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(c); err != nil {
		panic(err) // strings and a number
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// received is anything the server says: a message, which has no type, a gap, or an
// answer.
type received struct {
	Type string `json:"type"`
	ID   uint64 `json:"id"`
	Room string `json:"room"`

	Sender    string `json:"sender"`
	Text      string `json:"text"`
	Timestamp int64  `json:"timestamp"`
	Seq       uint64 `json:"seq"`

	To uint64 `json:"to"`

	Epoch     string `json:"epoch"`
	Members   int    `json:"members"`
	Recovered bool   `json:"recovered"`

	Code    string `json:"code"`
	Message string `json:"message"`
}

// Refusal is the server's answer to what it does not do; the connection stays. Code is for
// programs: not_allowed, not_joined, already_joined, cancelled, too_many_rooms, bad_room, busy and
// others.
type Refusal struct{ Code, Message string }

func (r *Refusal) Error() string { return r.Message + " (" + r.Code + ")" }

// overtaken tells whether a join was refused for another command of this client: a leave that
// cancelled it, or a join that is under way. The answer to that one says where the room stands.
func (r *Refusal) overtaken() bool { return r.Code == "cancelled" || r.Code == "already_joined" }

// final tells whether the same is refused whenever it is asked.
func (r *Refusal) final() bool {
	switch r.Code {
	case "not_allowed", "bad_room", "bad_since", "bad_command", "unknown_type":
		return true
	}
	return false
}
