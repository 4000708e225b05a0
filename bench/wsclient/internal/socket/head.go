package socket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// maxHead is how many bytes the head of a response may have.
const maxHead = 4 << 10

var headEnd = []byte("\r\n\r\n")

var errLongHead = errors.New("head is too long")

// Ask sends an HTTP request and returns the response's head. What follows the head stays
// in the socket.
func Ask(ctx context.Context, fd int, request string) (head string, err error) {
	// The buffer of a new socket takes a request whole, or refuses the connection.
	if _, err := unix.Write(fd, []byte(request)); err != nil {
		return "", fmt.Errorf("write request: %w", err)
	}
	if head, err = readHead(ctx, fd); err != nil {
		return "", fmt.Errorf("read response: %w", err)
	}
	return head, nil
}

// readHead peeks first and then takes exactly the head, so that frames behind it
// are the loop's to read.
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
