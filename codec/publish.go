package codec

import (
	"errors"
	"unicode/utf8"
)

// Publish is what POST /api/rooms/{room}/messages takes.
type Publish struct {
	Sender string `json:"sender"`
	Text   string `json:"text"`
}

// ErrNoText says that there is no text to publish.
var ErrNoText = errors.New("text must be a string that is not empty")

// publishForm is a Publish's.
var publishForm = form{
	{"sender", mustBeString, isString},
	{"text", mustBeString, isString},
}

// ParsePublish decodes a Publish strictly: one JSON object with a text that is not empty, no unknown
// key, UTF-8. Of a key that comes twice the last value counts. The error names the field at fault.
func ParsePublish(b []byte) (Publish, error) {
	var p Publish
	if !utf8.Valid(b) || clients.Unmarshal(b, &p) != nil {
		_, err := publishForm.fault(b)
		return Publish{}, err
	}
	if p.Text == "" {
		return Publish{}, ErrNoText
	}
	return p, nil
}
