package socket

import (
	"bytes"
	"errors"
)

// maxHead is the maximum size of a response's head in bytes.
const maxHead = 4 << 10

// HeadEnd is the size of the empty line that ends a head, in bytes.
const HeadEnd = len(headEnd)

const headEnd = "\r\n\r\n"

var errLongHead = errors.New("head is longer than 4 KiB")

// Head returns the head of the response at the beginning of b, without the empty line after it.
// ok is false if the head is not complete.
func Head(b []byte) (head string, ok bool, err error) {
	end := bytes.Index(b[:min(len(b), maxHead)], []byte(headEnd))
	switch {
	case end >= 0:
		return string(b[:end]), true, nil
	case len(b) >= maxHead:
		return "", false, errLongHead
	}
	return "", false, nil
}
