package codec

import (
	"errors"
	"reflect"

	"github.com/bytedance/sonic"
)

// clients decodes input of clients. Unlike sonic's default, it follows the rules of encoding/json. It
// refuses unknown keys.
var clients = sonic.Config{
	ValidateString:        true,
	CopyString:            true,
	DisallowUnknownFields: true,
}.Froze()

// Pretouch compiles the encoders and decoders of messages, commands and the bodies of requests. Otherwise the first use of each
// type waits until its code is compiled.
func Pretouch() error {
	return errors.Join(
		sonic.Pretouch(reflect.TypeFor[Message]()),
		sonic.Pretouch(reflect.TypeFor[Publish]()),
		sonic.Pretouch(reflect.TypeFor[Command]()),
		sonic.Pretouch(reflect.TypeFor[Post]()),
	)
}

// Fast reports whether sonic compiles to machine code with this Go version and CPU. If not, sonic uses
// encoding/json, and encoding and decoding cost more time.
func Fast() bool { return sonic.APIKind == sonic.UseSonicJSON }
