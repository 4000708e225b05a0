package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// MaxEvent is the maximum length of the name of an event, in bytes.
const MaxEvent = 128

// Content is the text, the event and the data of a message. At least one of them is not empty.
type Content struct {
	Text  string          `json:"text"`
	Event string          `json:"event"` // the name of an event
	Data  json.RawMessage `json:"data"`  // any JSON, which is passed through unchanged; nil: none
}

// Errors of an invalid Content.
var (
	ErrNoText   = errors.New("text must be a string that is not empty, unless event or data is given")
	errBadEvent = fmt.Errorf("event must be a string of at most %d bytes without control characters", MaxEvent)
)

// check returns an error if c is empty, or its event has an invalid name. The decoder has checked everything else.
func (c Content) check() error {
	switch {
	case len(c.Event) > MaxEvent || strings.ContainsFunc(c.Event, unicode.IsControl):
		return errBadEvent
	case c.Text == "" && c.Event == "" && c.Data == nil:
		return ErrNoText
	}
	return nil
}

// Size returns the number of bytes in the parts of c.
func (c Content) Size() int { return len(c.Text) + len(c.Event) + len(c.Data) }

// Message returns the message with this content.
func (c Content) Message(sender, room string, now int64) Message {
	return Message{Sender: sender, Text: c.Text, Event: c.Event, Data: c.Data, Room: room, Timestamp: now}
}
