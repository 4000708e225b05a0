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

	"golang.org/x/sys/unix"
	"plenum/codec/deflate"
)

const (
	maxHead = 4 << 10
	keyGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
)

var headEnd = []byte("\r\n\r\n")

var errLongHead = errors.New("head is too long")

// upgrade does the opening handshake (RFC 6455 section 4.1), after that of TLS where
// there is one, and leaves every byte after the response's head to the loop.
func (c *Client) upgrade(ctx context.Context, u *url.URL) (err error) {
	if encrypted(u) {
		if c.secure, err = newSecure(ctx, c.fd, c.loop.cfg.TLS, u.Hostname()); err != nil {
			return err
		}
		c.early = true
	}
	key := newKey()
	request := "GET " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13" +
		"\r\nSec-WebSocket-Key: " + key
	if c.loop.cfg.Compression {
		request += "\r\nSec-WebSocket-Extensions: " + deflate.Offer
	}
	head, err := c.ask(ctx, request+"\r\n\r\n")
	if err != nil {
		return err
	}
	return checkResponse(head, key, c.loop.cfg.Compression)
}

// ask sends the request and returns the response's head.
func (c *Client) ask(ctx context.Context, request string) (head string, err error) {
	if c.secure != nil {
		return c.secure.ask(request)
	}
	// The buffer of a new socket takes a request whole, or refuses the connection.
	if _, err := unix.Write(c.fd, []byte(request)); err != nil {
		return "", fmt.Errorf("write request: %w", err)
	}
	if head, err = readHead(ctx, c.fd); err != nil {
		return "", fmt.Errorf("read response: %w", err)
	}
	return head, nil
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
	return "", errLongHead
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
