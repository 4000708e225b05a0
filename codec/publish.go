package codec

import (
	"unicode/utf8"
)

// Publish is the request body of POST /api/rooms/{room}/messages.
type Publish struct {
	Sender string `json:"sender"`
	Content
}

// publishForm describes a Publish.
var publishForm = form{
	{"sender", mustBeString, isString},
	{"text", mustBeString, isString},
	{"event", mustBeString, isString},
	{"data", mustBeJSON, isJSON},
}

// ParsePublish decodes a Publish. b must be UTF-8 and one JSON object with a valid Content and without unknown keys. If
// a key occurs twice, its last value counts. The Publish does not refer to b. An error names the first invalid field
// and the values it may have.
func ParsePublish(b []byte) (Publish, error) {
	var p Publish
	if !utf8.Valid(b) || clients.Unmarshal(b, &p) != nil {
		_, err := publishForm.explain(b)
		return Publish{}, err
	}
	if err := p.check(); err != nil {
		return Publish{}, err
	}
	return p, nil
}
