package engine

import (
	"errors"
	"fmt"
	"strings"

	"plenum/codec/extension"
	"plenum/codec/frame"
)

// Extension is a WebSocket extension (RFC 6455 section 9) that an Engine agrees on with the clients that offer it.
// Deflate is one.
//
// Of the offers with its name the first that Accept accepts is used. Several extensions are applied to a message in
// the order of the client's offers, which is also that of the answer.
type Extension struct {
	// Name is the extension's token in Sec-WebSocket-Extensions. A client may write it in any case.
	Name string
	// RSV is the reserved bit that the extension claims: frame.RSV1, RSV2 or RSV3. The engine sets the bit on the
	// first frame of a message that Encode has changed, and calls Decode for a message that came with it. An
	// offer is declined if another extension of the connection claims the same bit.
	//
	// 0: the extension claims none. Then Decode is called for every message, and Encode returns
	// ok=true for every message.
	RSV byte
	// Accept decides on one offer by its parameters, which are the client's and not checked. If ok is false the offer
	// is declined. answer is the parameters of the response; their names and values are tokens. t does the work
	// from then on. Accept is called by any goroutine, for several handshakes at once, and must not wait.
	Accept func(offer extension.Params) (t Transform, answer extension.Params, ok bool)
}

// Transform changes the payloads of messages by the terms that an Extension has agreed on. Control frames are never
// changed.
//
// Whoever writes one guarantees:
//
//   - Each message stands alone. One Transform serves all connections that have agreed on its terms, and its methods are
//     called by many goroutines at once. Scratch memory comes from a sync.Pool.
//   - Transforms can be compared with ==, and equal ones encode equally, byte for byte. Then a message for many is
//     encoded once. There are few different ones: an Engine declines offers that would make more than 64
//     different Encodings.
//   - payload and message are only read. dst is appended to, as by append. No slice is kept after the return.
//   - No method waits, calls the engine or panics.
type Transform interface {
	// From is the least payload, in bytes, that Encode may change. Encode is not called for shorter ones. It never
	// changes, and is 0 if the extension claims no reserved bit.
	From() int
	// Encode appends the encoded payload to dst. If ok is false the payload is sent as it is, for instance because
	// encoding has not made it shorter, and what was appended is dropped. Of a payload of n bytes it appends at most
	// n + n/64 + 64.
	Encode(dst, payload []byte) (out []byte, ok bool)
	// Decode appends the decoded message to dst, at most limit bytes: beyond that it returns ErrTooBig, and has not
	// allocated more than limit. The connection then closes with 1009, and for any other error with 1007. If there is
	// an error, out is dst. A message that is longer than Encode's bound allows for MaxMessage is never seen here.
	Decode(dst, message []byte, limit int) (out []byte, err error)
}

// ErrTooBig is returned by Transform.Decode if a message would be longer than its limit.
var ErrTooBig = errors.New("engine: message too big")

// checkExtensions says what is wrong with Config.Extensions.
func checkExtensions(all []Extension) error {
	for i, x := range all {
		switch {
		case !extension.IsToken(x.Name):
			return fmt.Errorf("engine: the name of an extension is not a token: %q", x.Name)
		case x.RSV != 0 && x.RSV != frame.RSV1 && x.RSV != frame.RSV2 && x.RSV != frame.RSV3:
			return fmt.Errorf("engine: extension %s claims %#x, which is not one reserved bit", x.Name, x.RSV)
		case x.Accept == nil:
			return fmt.Errorf("engine: extension %s accepts nothing", x.Name)
		case findExtension(all[:i], x.Name) != nil:
			return fmt.Errorf("engine: two extensions are named %s", x.Name)
		}
	}
	return nil
}

// findExtension returns the extension with a name, in any case; nil: there is none.
func findExtension(all []Extension, name string) *Extension {
	for i := range all {
		if strings.EqualFold(all[i].Name, name) {
			return &all[i]
		}
	}
	return nil
}
