package wsclient

import (
	"bytes"
	"errors"

	"plenum/codec/deflate"
	"plenum/codec/frame"
)

// inflated is the message that a loop has inflated last. The members of a room are
// mostly sent the same bytes one after the other, and as no context is taken over, the
// same bytes are the same text (RFC 7692 section 7.1.1): that is compared, at a fraction
// of what inflating it again costs.
type inflated struct{ message, text []byte }

// of returns what message inflates to, until the next call.
func (i *inflated) of(message []byte) ([]byte, *Fault) {
	if len(message) > 0 && bytes.Equal(message, i.message) {
		return i.text, nil
	}
	text, err := deflate.Inflate(i.text[:0], message, maxMessage)
	if err != nil {
		i.message = i.message[:0] // text may be another's by now
	}
	switch {
	case errors.Is(err, deflate.ErrTooLong):
		return nil, &Fault{Code: frame.CloseTooBig, What: "a message of more than 128 KiB"}
	case err != nil:
		return nil, &Fault{Code: frame.CloseInvalidData, What: "a message that does not inflate"}
	}
	i.message, i.text = append(i.message[:0], message...), text
	return text, nil
}
