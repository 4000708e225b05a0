package accept

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const plainHandshake = "GET /ws/chat/a%20b?username=%C3%A9 HTTP/1.1\r\nHost: plenum.test:8080\r\nUpgrade: websocket\r\n" +
	"Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
	"Cookie: a=1\r\ncookie: b=2\r\nOrigin: http://plenum.test:8080\r\n\r\n"

func TestFindEndFindsTheEndOfAPlainHead(t *testing.T) {
	for _, c := range []struct {
		name, head string
		size       int
		plain      bool
	}{
		{"nothing", "", 0, true},
		{"begun", "GET / HTTP/1.1\r\nHo", 0, true},
		{"all but the end", "GET / HTTP/1.1\r\nHost: x\r\n\r", 0, true},
		{"whole", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27, true},
		{"with bytes after it", "GET / HTTP/1.1\r\nHost: x\r\n\r\n\x81\x80\n", 27, true},
		{"no fields", "GET /\r\n\r\n", 9, true},
		{"LF alone", "GET / HTTP/1.1\nHost: x\n\n", 0, false},
		{"LF first", "\nGET", 0, false},
		{"CR alone", "GET / HTTP/1.1\rHost: x\r\n\r\n", 0, false},
		{"folded", "GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n", 0, false},
		{"tab", "GET / HTTP/1.1\r\nHost:\tx\r\n\r\n", 0, false},
		{"zero", "GET / HTTP/1.1\r\nHost: \x00\r\n\r\n", 0, false},
		{"not ASCII", "GET / HTTP/1.1\r\nHost: é\r\n\r\n", 0, false},
	} {
		size, plain := findEnd([]byte(c.head))
		assert.Equal(t, c.size, size, c.name)
		assert.Equal(t, c.plain, plain || size > 0, c.name)
	}
}

// parseHandshake returns the request of a plain head, or nil.
func parseHandshake(head []byte) *http.Request {
	h := newServer(Config{}).newHandshake()
	if !h.parse(head) {
		return nil
	}
	return &h.request
}

func TestRequestsThatAreNotPlainHandshakesAreLeftToNetHTTP(t *testing.T) {
	require.NotNil(t, parseHandshake([]byte(plainHandshake)))
	replace := func(old, with string) string {
		require.Contains(t, plainHandshake, old)
		return strings.Replace(plainHandshake, old, with, 1)
	}
	for name, head := range map[string]string{
		"POST":               replace("GET", "POST"),
		"HTTP/1.0":           replace("HTTP/1.1", "HTTP/1.0"),
		"absolute target":    replace("GET /", "GET http://plenum.test/"),
		"space in target":    replace("/ws/chat/a%20b", "/ws/chat/a b"),
		"no target":          replace(" /ws/chat/a%20b?username=%C3%A9", ""),
		"bad escape":         replace("%20", "%zz"),
		"no Host":            replace("Host: plenum.test:8080\r\n", ""),
		"two Hosts":          replace("Upgrade:", "Host: other\r\nUpgrade:"),
		"empty Host":         replace("plenum.test:8080", ""),
		"Host with a slash":  replace("Host: plenum.test", "Host: plenum/test"),
		"plain request":      replace("Upgrade: websocket\r\n", ""),
		"no Connection":      replace("Connection: keep-alive, Upgrade\r\n", ""),
		"body":               replace("Cookie:", "Content-Length: 0\r\nCookie:"),
		"chunks":             replace("Cookie:", "Transfer-Encoding: chunked\r\nCookie:"),
		"expectation":        replace("Cookie:", "Expect: 100-continue\r\nCookie:"),
		"close":              replace("keep-alive", "close"),
		"pragma":             replace("Cookie:", "Pragma: no-cache\r\nCookie:"),
		"trailer":            replace("Cookie:", "Trailer: X\r\nCookie:"),
		"space before colon": replace("Cookie:", "Cookie :"),
		"no colon":           replace("Cookie:", "Cookie"),
		"no name":            replace("Cookie:", ":"),
	} {
		assert.Nil(t, parseHandshake([]byte(head)), name)
	}
}

// FuzzHead checks that every head that parseHandshake accepts gives the same request as net/http's parser.
func FuzzHead(f *testing.F) {
	f.Add([]byte(plainHandshake))
	f.Add([]byte(strings.Replace(plainHandshake, "keep-alive", "close", 1)))
	f.Add([]byte(strings.Replace(plainHandshake, "Cookie:", "Pragma: no-cache\r\nCookie:", 1)))
	f.Fuzz(func(t *testing.T, sent []byte) {
		size, _ := findEnd(sent)
		if size == 0 {
			return
		}
		got := parseHandshake(sent[:size])
		if got == nil {
			return
		}
		want, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(sent)))
		require.NoError(t, err)
		assert.Equal(t, want.WithContext(got.Context()), got)
	})
}
