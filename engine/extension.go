package engine

import (
	"errors"
	"fmt"
	"strings"

	"plenum/codec/extension"
	"plenum/codec/frame"
)

// Extension is a WebSocket extension (RFC 6455 section 9) that an Engine negotiates with the clients that offer it.
// Deflate returns one.
//
// If a client offers an extension several times, the first offer that Accept accepts is used. Several extensions are
// applied to a message in the order of the client's offers. The response lists them in the same order.
type Extension struct {
	// Name is the extension's token in Sec-WebSocket-Extensions. Upper and lower case are the same.
	Name string
	// RSV is the reserved bit that the extension claims: frame.RSV1, RSV2 or RSV3. The engine sets it on the first
	// frame of a message that Encode has changed. It calls Decode for a received message that has the bit. An offer is
	// declined if another extension of the connection claims the same bit.
	//
	// RSV is 0 if the extension claims no bit. Decode is then called for every message, and Encode must return ok=true
	// for every message.
	RSV byte
	// Accept decides on one offer, given its parameters. They come from the client and are not checked. If ok is false,
	// the offer is declined. Otherwise t encodes and decodes the messages of the connection, and answer is the
	// parameters of the response; their names and values must be tokens. Accept is called by many goroutines at once
	// and must not block.
	Accept func(offer extension.Params) (t Transform, answer extension.Params, ok bool)
}

// Transform encodes and decodes the payloads of messages for an Extension, with negotiated parameters. Control frames
// are never changed.
//
// An implementation must follow these rules:
//
//   - A message is encoded without regard to other messages. One Transform serves all connections that negotiated the
//     same parameters, and many goroutines call its methods at once. Take scratch memory from a sync.Pool.
//   - Transforms are comparable with ==, and equal ones encode to the same bytes. A message to many connections is then
//     encoded once. Use few different Transforms: an Engine declines offers that would need more than 64 different
//     Encodings.
//   - payload and message are only read. Output is appended to dst. No slice is kept after a method returns.
//   - Methods do not block, do not call the engine and do not panic.
type Transform interface {
	// From returns the length, in bytes, of the shortest payload that Encode may change. Encode is not called for
	// shorter ones. The result never changes. It is 0 if the extension claims no reserved bit.
	From() int
	// Encode appends the encoded payload to dst. If ok is true, it has appended at most n + n/64 + 64 bytes for a payload
	// of n bytes. If ok is false, the appended bytes are dropped and the payload is sent unchanged, for instance because
	// encoding did not make it shorter.
	Encode(dst, payload []byte) (out []byte, ok bool)
	// Decode appends the decoded message to dst, at most limit bytes. If the message is longer, Decode returns
	// ErrTooBig without allocating more than limit bytes, and the connection is closed with 1009. After any other error
	// the connection is closed with 1007. If err is not nil, out is dst. A message that is too long to be the
	// output of Encode for Config.MaxMessage bytes is not decoded. The connection is closed with 1009.
	Decode(dst, message []byte, limit int) (out []byte, err error)
}

// ErrTooBig is returned by Transform.Decode if the decoded message would be longer than the limit.
var ErrTooBig = errors.New("engine: decoded message too big")

// checkExtensions returns an error if Config.Extensions is invalid.
func checkExtensions(all []Extension) error {
	for i, x := range all {
		switch {
		case !extension.IsToken(x.Name):
			return fmt.Errorf("engine: extension name must be a token: %q", x.Name)
		case x.RSV != 0 && x.RSV != frame.RSV1 && x.RSV != frame.RSV2 && x.RSV != frame.RSV3:
			return fmt.Errorf("engine: extension %s: RSV must be 0, RSV1, RSV2 or RSV3, not %#x", x.Name, x.RSV)
		case x.Accept == nil:
			return fmt.Errorf("engine: extension %s has no Accept function", x.Name)
		case findExtension(all[:i], x.Name) != nil:
			return fmt.Errorf("engine: two extensions are named %s", x.Name)
		}
	}
	return nil
}

// findExtension returns the extension with the given name, ignoring case, or nil.
func findExtension(all []Extension, name string) *Extension {
	for i := range all {
		if strings.EqualFold(all[i].Name, name) {
			return &all[i]
		}
	}
	return nil
}
