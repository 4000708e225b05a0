package socket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// maxHead is the maximum size of a response's head in bytes.
const maxHead = 4 << 10

var headEnd = []byte("\r\n\r\n")

var errLongHead = errors.New("head is longer than 4 KiB")

// Ask sends an HTTP request and returns the head of the response. The bytes after the head stay
// in the socket.
func Ask(ctx context.Context, fd int, request string) (head string, err error) {
	// The send buffer of a new socket has room for the whole request.
	if _, err := unix.Write(fd, []byte(request)); err != nil {
		return "", fmt.Errorf("write request: %w", err)
	}
	if head, err = readHead(ctx, fd); err != nil {
		return "", fmt.Errorf("read response: %w", err)
	}
	return head, nil
}

// readHead peeks at the data, and then reads exactly the head. The frames after it are for the
// loop.
func readHead(ctx context.Context, fd int) (string, error) {
	var buf [maxHead]byte
	have := 0
	for have < len(buf) {
		n, err := peek(ctx, fd, buf[have:])
		if err != nil {
			return "", err
		}
		end := bytes.Index(buf[:have+n], headEnd)
		if end >= 0 {
			n = end + len(headEnd) - have
		}
		if _, err := unix.Read(fd, buf[have:have+n]); err != nil {
			return "", err
		}
		have += n
		if end >= 0 {
			return string(buf[:end]), nil
		}
	}
	return "", errLongHead
}

// peek waits for data and returns it without removing it from the socket.
func peek(ctx context.Context, fd int, b []byte) (int, error) {
	for {
		n, _, err := unix.Recvfrom(fd, b, unix.MSG_PEEK)
		switch {
		case err == unix.EAGAIN || err == unix.EINTR:
			if err := Await(ctx, fd, unix.POLLIN); err != nil {
				return 0, err
			}
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.ErrUnexpectedEOF
		default:
			return n, nil
		}
	}
}
