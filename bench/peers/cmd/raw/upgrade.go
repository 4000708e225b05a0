package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"net/url"
	"strings"
)

const maxHead = 8 << 10

// upgrade reads the head of a request and answers it. It returns the bytes after the head, or all
// of data if the head is incomplete.
func (s *server) upgrade(c *conn, data []byte) (rest []byte, ok bool) {
	end := bytes.Index(data, []byte("\r\n\r\n"))
	if end < 0 {
		return data, len(data) <= maxHead
	}
	line, headers, _ := bytes.Cut(data[:end], []byte("\r\n"))
	key := header(headers, "Sec-WebSocket-Key")
	if key == "" || !s.route(c, string(line)) {
		s.send(c, []byte("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
		return nil, false
	}
	c.upgraded = true
	s.send(c, []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: "+accept(key)+"\r\n\r\n"))
	if c.room != nil {
		c.room.Join(c)
	}
	return data[end+4:], true
}

func header(headers []byte, name string) string {
	for line := range bytes.SplitSeq(headers, []byte("\r\n")) {
		k, v, _ := strings.Cut(string(line), ":")
		if strings.EqualFold(k, name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// route parses the request line.
func (s *server) route(c *conn, line string) bool {
	target, ok := strings.CutPrefix(line, "GET ")
	if !ok {
		return false
	}
	target, _, _ = strings.Cut(target, " ")
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return false
	}
	if u.Path == "/echo/raw" {
		return true
	}
	name, ok := strings.CutPrefix(u.Path, "/ws/chat/")
	if !ok {
		return false
	}
	if name == "" {
		name = "general"
	}
	if c.user = u.Query().Get("username"); c.user == "" {
		c.user = "Anonymous"
	}
	c.room = s.rooms.Get(name)
	return true
}

// accept returns the answer to a key, RFC 6455 section 4.2.2.
func accept(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}
