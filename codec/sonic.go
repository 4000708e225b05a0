package codec

import (
	"errors"
	"reflect"

	"github.com/bytedance/sonic"
)

// clients decodes what clients send: by the rules of encoding/json, which
// sonic's default does not keep to, and without keys that nobody reads.
var clients = sonic.Config{
	ValidateString:        true,
	CopyString:            true,
	DisallowUnknownFields: true,
}.Froze()

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
