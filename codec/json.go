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

// Faults of what a client sent.
var (
	ErrUTF8   = errors.New("it is not UTF-8")
	ErrJSON   = errors.New("it is not JSON of that form")
	ErrNoText = errors.New("it has no text")
)

// clients decodes what clients send: by the rules of encoding/json, which
// sonic's default does not keep to, and without keys that nobody reads.
var clients = sonic.Config{
	ValidateString:        true,
	CopyString:            true,
	DisallowUnknownFields: true,
}.Froze()

// lenient is clients, but for keys that nobody reads.
var lenient = sonic.Config{ValidateString: true, CopyString: true}.Froze()

// publish is a Publish in which a text that is not there can be told from an
// empty one.
type publish struct {
	Sender string  `json:"sender"`
	Text   *string `json:"text"`
}

// ParsePublish decodes a Publish strictly: one JSON object with a text, no unknown
// key, UTF-8. The errors are ErrUTF8, ErrJSON and ErrNoText.
func ParsePublish(b []byte) (Publish, error) {
	if !utf8.Valid(b) {
		return Publish{}, ErrUTF8
	}
	var p publish
	if err := clients.Unmarshal(b, &p); err != nil {
		return Publish{}, ErrJSON // sonic's own words quote its types
	}
	if p.Text == nil {
		return Publish{}, ErrNoText
	}
	return Publish{Sender: p.Sender, Text: *p.Text}, nil
}

// Pretouch compiles the encoders and decoders, so that no first message waits.
func Pretouch() error {
	return errors.Join(
		sonic.Pretouch(reflect.TypeFor[Message]()),
		sonic.Pretouch(reflect.TypeFor[publish]()),
		sonic.Pretouch(reflect.TypeFor[Command]()),
	)
}

// Fast tells whether sonic compiles to machine code on this Go version and CPU;
// where it does not, it falls back on encoding/json and messages cost more.
func Fast() bool { return sonic.APIKind == sonic.UseSonicJSON }
