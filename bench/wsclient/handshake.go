package wsclient

import (
	"context"
	"crypto/sha1" // RFC 6455 section 4.2.2 asks for it
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"

	"plenum/bench/wsclient/internal/socket"
	"plenum/codec/deflate"
)

// keyGUID is the constant that the server appends to the key (RFC 6455 section 1.3).
const keyGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// upgrade makes the TLS handshake, if any, and the opening handshake (RFC 6455 section 4.1).
// The bytes after the head of the response are left to the loop.
func (c *Client) upgrade(ctx context.Context, u *url.URL) (err error) {
	if encrypted(u) {
		if c.tls, err = socket.NewTLS(ctx, c.fd, c.loop.cfg.TLS, u.Hostname()); err != nil {
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

// ask sends a request and returns the head of the response.
func (c *Client) ask(ctx context.Context, request string) (head string, err error) {
	if c.tls != nil {
		return c.tls.Ask(request)
	}
	return socket.Ask(ctx, c.fd, request)
}

// newKey returns a random Sec-WebSocket-Key.
func newKey() string {
	var nonce [16]byte
	binary.LittleEndian.PutUint64(nonce[:], rand.Uint64())
	binary.LittleEndian.PutUint64(nonce[8:], rand.Uint64())
	return base64.StdEncoding.EncodeToString(nonce[:])
}

// acceptOf returns the Sec-WebSocket-Accept for a key.
func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + keyGUID))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// checkResponse checks the head of a response by the client's rules of section 4.1. If
// compression is set, the server must have accepted permessage-deflate.
func checkResponse(head, key string, compression bool) error {
	status, rest, _ := strings.Cut(head, "\r\n")
	if !strings.HasPrefix(status, "HTTP/1.1 101") {
		return fmt.Errorf("server answered %q", status)
	}
	want := map[string]string{"upgrade": "websocket", "connection": "upgrade", "sec-websocket-accept": acceptOf(key)}
	var extensions []string
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
		case "sec-websocket-extensions":
			extensions = append(extensions, value)
		case "sec-websocket-protocol":
			return notOffered(name, value)
		}
	}
	if len(want) > 0 {
		return fmt.Errorf("response has %d of the headers Upgrade, Connection and Sec-WebSocket-Accept missing or wrong", len(want))
	}
	return checkExtensions(extensions, compression)
}

func checkExtensions(lines []string, compression bool) error {
	if !compression && len(lines) > 0 {
		return notOffered("sec-websocket-extensions", lines[0])
	}
	accepted, err := deflate.CheckAnswer(lines)
	if err == nil && compression && !accepted {
		return errors.New("server did not accept permessage-deflate")
	}
	return err
}

func notOffered(name, value string) error {
	return fmt.Errorf("server chose %s %q, which was not offered", name, value)
}
