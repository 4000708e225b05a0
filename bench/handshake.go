package bench

import (
	"bytes"
	"context"
	"crypto/sha1" // RFC 6455 section 4.2.2 asks for it
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	maxHead = 4 << 10
	keyGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
)

var headEnd = []byte("\r\n\r\n")

// upgrade does the opening handshake (RFC 6455 section 4.1) and leaves every byte
// after the response's head in the socket.
func upgrade(ctx context.Context, fd int, u *url.URL) error {
	key := newKey()
	request := "GET " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13" +
		"\r\nSec-WebSocket-Key: " + key + "\r\n\r\n"
	// The buffer of a new socket takes a request whole, or refuses the connection.
	if _, err := unix.Write(fd, []byte(request)); err != nil {
		return fmt.Errorf("write request: %w", err)
	}
	head, err := readHead(ctx, fd)
	if err != nil {
		return fmt.Errorf("read response: %w", err)
	}
	return checkResponse(head, key)
}

func newKey() string {
	var nonce [16]byte
	binary.LittleEndian.PutUint64(nonce[:], rand.Uint64())
	binary.LittleEndian.PutUint64(nonce[8:], rand.Uint64())
	return base64.StdEncoding.EncodeToString(nonce[:])
}

func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + keyGUID))
	return base64.StdEncoding.EncodeToString(sum[:])
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
	return "", errors.New("head is too long")
}

func peek(ctx context.Context, fd int, b []byte) (int, error) {
	for {
		n, _, err := unix.Recvfrom(fd, b, unix.MSG_PEEK)
		switch {
		case err == unix.EAGAIN || err == unix.EINTR:
			if err := await(ctx, fd, unix.POLLIN); err != nil {
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

// checkResponse applies the client's rules of section 4.1.
func checkResponse(head, key string) error {
	status, rest, _ := strings.Cut(head, "\r\n")
	if !strings.HasPrefix(status, "HTTP/1.1 101") {
		return fmt.Errorf("server answered %q", status)
	}
	want := map[string]string{"upgrade": "websocket", "connection": "upgrade", "sec-websocket-accept": acceptOf(key)}
	for line := range strings.SplitSeq(rest, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		name, value = strings.ToLower(name), strings.TrimSpace(value)
		switch name {
		case "upgrade", "connection":
			if strings.Contains(strings.ToLower(value), want[name]) {
				delete(want, name)
			}
		case "sec-websocket-accept":
			if value == want[name] {
				delete(want, name)
			}
		case "sec-websocket-extensions", "sec-websocket-protocol":
			return fmt.Errorf("server chose %s %q, which was not offered", name, value)
		}
	}
	if len(want) > 0 {
		return fmt.Errorf("response lacks or falsifies %d of its three headers", len(want))
	}
	return nil
}
