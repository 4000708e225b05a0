package engine

import (
	"plenum/codec/deflate"
	"plenum/codec/extension"
	"plenum/codec/frame"
)

// Deflate returns the extension permessage-deflate (RFC 7692) without context takeover. Messages of at least from bytes
// are compressed if that makes them shorter.
func Deflate(from int) Extension {
	var windows [deflate.MaxWindow + 1]deflating // indexed by window: equal parameters share one Transform
	for i := range windows {
		windows[i] = deflating{from, uint8(i)}
	}
	return Extension{Name: deflate.Name, RSV: frame.RSV1, Accept: func(offer extension.Params) (Transform, extension.Params, bool) {
		terms, ok := deflate.Accept(offer)
		if !ok {
			return nil, nil, false
		}
		return &windows[terms.Window], terms.Answer(), true
	}}
}

// deflating is the Transform of permessage-deflate with one window size.
type deflating struct {
	from   int
	window uint8 // in bits
}

// From implements Transform.
func (d *deflating) From() int { return d.from }

// Encode implements Transform.
func (d *deflating) Encode(dst, payload []byte) (out []byte, ok bool) {
	out = deflate.Append(dst, payload, d.window)
	return out, len(out)-len(dst) < len(payload)
}

// Decode implements Transform.
func (*deflating) Decode(dst, message []byte, limit int) (out []byte, err error) {
	out, err = deflate.Inflate(dst, message, limit)
	if err == deflate.ErrTooLong {
		err = ErrTooBig
	}
	return out, err
}
