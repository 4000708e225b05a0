package wsclient

import (
	"crypto/sha1" // RFC 6455 section 4.2.2 asks for it
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"

	"plenum/bench/wsclient/internal/socket"
	"plenum/codec/deflate"
)

// keyGUID is the constant that the server appends to the key (RFC 6455 section 1.3).
const keyGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// request returns the request for the upgrade to u (RFC 6455 section 4.1).
func (c *Client) request(u *url.URL) []byte {
	request := "GET " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13" +
		"\r\nSec-WebSocket-Key: " + c.dial.key
	if c.loop.cfg.Compression {
		request += "\r\nSec-WebSocket-Extensions: " + deflate.Offer
	}
	for _, line := range c.loop.cfg.Headers {
		request += "\r\n" + line
	}
	return []byte(request + "\r\n\r\n")
}

// secure makes the TLS handshake and the opening handshake. The bytes after the head of the
// response are left to the loop.
func (c *Client) secure(u *url.URL) (err error) {
	if c.tls, err = socket.NewTLS(c.dial.ctx, c.fd, c.loop.cfg.TLS, u.Hostname()); err != nil {
		return err
	}
	c.early = true
	head, err := c.tls.Ask(c.request(u))
	if err != nil {
		return err
	}
	return c.loop.cfg.checkResponse(head, c.dial.key)
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

// checkResponse checks the head of the response to a request with key.
func (cfg *Config) checkResponse(head, key string) error {
	return checkResponse(head, key, cfg.Compression, subprotocols(cfg.Headers))
}

// checkResponse checks the head of a response by the client's rules of section 4.1. If
// compression is set, the server must have accepted permessage-deflate. It may have chosen one of
// the offered subprotocols.
func checkResponse(head, key string, compression bool, offered []string) error {
	status, rest, _ := strings.Cut(head, "\r\n")
	if !strings.HasPrefix(status, "HTTP/1.1 101") {
		return fmt.Errorf("server answered %q", status)
	}
	var upgrade, connection, accept bool // the header is as it must be
	var extensions []string
	for line := range strings.SplitSeq(rest, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "upgrade":
			upgrade = upgrade || strings.Contains(strings.ToLower(value), "websocket")
		case "connection":
			connection = connection || strings.Contains(strings.ToLower(value), "upgrade")
		case "sec-websocket-accept":
			accept = accept || value == acceptOf(key)
		case "sec-websocket-extensions":
			extensions = append(extensions, value)
		case subprotocolHeader:
			if !slices.Contains(offered, value) {
				return notOffered(subprotocolHeader, value)
			}
		}
	}
	wrong := 0
	for _, right := range []bool{upgrade, connection, accept} {
		if !right {
			wrong++
		}
	}
	if wrong > 0 {
		return fmt.Errorf("response has %d of the headers Upgrade, Connection and Sec-WebSocket-Accept missing or wrong", wrong)
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
