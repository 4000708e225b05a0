package pusher

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bytedance/sonic"
)

// Event is an event from a client.
type Event struct {
	Event   string          `json:"event"`
	Channel string          `json:"channel"`
	Data    json.RawMessage `json:"data"` // nil if it is missing
}

// The events that clients send, besides client events.
const (
	Ping        = "pusher:ping"
	Pong        = "pusher:pong"
	Subscribe   = "pusher:subscribe"
	Unsubscribe = "pusher:unsubscribe"
	Signin      = "pusher:signin"
)

// IsClientEvent reports whether name is the name of an event that a client publishes.
func IsClientEvent(name string) bool { return strings.HasPrefix(name, "client-") }

// reserved are the prefixes of the server's own events.
var reserved = []string{"pusher:", "pusher_internal:", "plenum:"}

// The errors of CheckName.
var (
	errName     = fmt.Errorf("pusher: name must have 1 to %d bytes", MaxName)
	errReserved = errors.New("pusher: name must not begin with pusher:, pusher_internal: or plenum:, which are the server's own events")
)

// CheckName returns the reason why a back end must not publish an event with this name, or nil if it may.
func CheckName(name string) error {
	switch {
	case name == "" || len(name) > MaxName:
		return errName
	case slices.ContainsFunc(reserved, func(prefix string) bool { return strings.HasPrefix(name, prefix) }):
		return errReserved
	}
	return nil
}

// The errors of decoding. Their texts are sent to clients.
var (
	ErrEvent = errors.New("pusher: expected a JSON object with event, channel and data")
	ErrData  = errors.New("pusher: data must be an object with the fields of the event")
)

// clients decodes input of clients. It ignores unknown keys.
var clients = sonic.Config{ValidateString: true, CopyString: true}.Froze()

// ParseEvent decodes an event of a client. b must be valid UTF-8. The Event does not refer to b. The error is ErrEvent.
func ParseEvent(b []byte) (Event, error) {
	var e Event
	if clients.Unmarshal(b, &e) != nil || e.Event == "" {
		return Event{}, ErrEvent
	}
	return e, nil
}

// Subscription is the data of pusher:subscribe and pusher:unsubscribe.
type Subscription struct {
	Channel     string  `json:"channel"`
	Auth        string  `json:"auth"`         // key:signature; empty for a public channel
	ChannelData string  `json:"channel_data"` // of a presence channel: JSON with the user. The signature covers these bytes
	Since       *string `json:"since"`        // a position, epoch:seq, after which to resume. Only clients that know plenum send it
}

// Subscription decodes the data of e. The error is ErrData.
func (e Event) Subscription() (s Subscription, err error) { return s, e.decode(&s) }

// SigninData is the data of pusher:signin.
type SigninData struct {
	Auth     string `json:"auth"`      // key:signature
	UserData string `json:"user_data"` // JSON with the user. The signature covers these bytes
}

// Signin decodes the data of e. The error is ErrData.
func (e Event) Signin() (s SigninData, err error) { return s, e.decode(&s) }

// decode decodes the data, an object or a string with an object in it.
func (e Event) decode(v any) error {
	text := []byte(e.Data)
	if len(text) > 0 && text[0] == '"' {
		var s string
		if clients.Unmarshal(text, &s) != nil {
			return ErrData
		}
		text = []byte(s)
	}
	if !isObject(text) || clients.Unmarshal(text, v) != nil {
		return ErrData
	}
	return nil
}

// isObject reports whether the first character of a JSON text is a brace.
func isObject(text []byte) bool {
	for _, c := range text {
		switch c {
		case ' ', '\t', '\r', '\n':
		default:
			return c == '{'
		}
	}
	return false
}
