package codec

import (
	"errors"
	"reflect"
	"unicode/utf8"

	"github.com/bytedance/sonic"
)

// Publish is what POST /api/rooms/{room}/messages takes.
type Publish struct {
	Sender string `json:"sender"`
	Text   string `json:"text"`
}

// ErrNoText says that there is no text to publish.
var ErrNoText = errors.New("text must be a string that is not empty")

// mustBeString is what most fields must be.
const mustBeString = "a string"

// publishForm is a Publish's.
var publishForm = form{
	{"sender", mustBeString, isString},
	{"text", mustBeString, isString},
}

// clients decodes what clients send: by the rules of encoding/json, which
// sonic's default does not keep to, and without keys that nobody reads.
var clients = sonic.Config{
	ValidateString:        true,
	CopyString:            true,
	DisallowUnknownFields: true,
}.Froze()

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

// Pretouch compiles the encoders and decoders, so that no first message waits.
func Pretouch() error {
	return errors.Join(
		sonic.Pretouch(reflect.TypeFor[Message]()),
		sonic.Pretouch(reflect.TypeFor[Publish]()),
		sonic.Pretouch(reflect.TypeFor[Command]()),
	)
}

// Fast tells whether sonic compiles to machine code on this Go version and CPU;
// where it does not, it falls back on encoding/json and messages cost more.
func Fast() bool { return sonic.APIKind == sonic.UseSonicJSON }
