package codec

import (
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"

	"github.com/bytedance/sonic"
)

// Publish is what POST /api/rooms/{room}/messages takes.
type Publish struct {
	Sender string `json:"sender"`
	Text   string `json:"text"`
}

// ErrUTF8 is text that is not UTF-8 where JSON wants it.
var ErrUTF8 = errors.New("codec: not UTF-8")

// clients decodes what clients send: by the rules of encoding/json, which
// sonic's default does not keep to, and without keys that nobody reads.
var clients = sonic.Config{
	ValidateString:        true,
	CopyString:            true,
	DisallowUnknownFields: true,
}.Froze()

// ParsePublish decodes a Publish strictly: one JSON object, no unknown key, UTF-8.
func ParsePublish(b []byte) (p Publish, err error) {
	if !utf8.Valid(b) {
		return p, ErrUTF8
	}
	if err := clients.Unmarshal(b, &p); err != nil {
		return Publish{}, fmt.Errorf("codec: %w", err)
	}
	return p, nil
}

// Pretouch compiles the encoders and decoders, so that no first message waits.
func Pretouch() error {
	return errors.Join(
		sonic.Pretouch(reflect.TypeFor[Message]()),
		sonic.Pretouch(reflect.TypeFor[Publish]()),
	)
}

// Fast tells whether sonic compiles to machine code on this Go version and CPU;
// where it does not, it falls back on encoding/json and messages cost more.
func Fast() bool { return sonic.APIKind == sonic.UseSonicJSON }
