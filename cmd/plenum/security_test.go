package main

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const upgradeHeaders = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"

// A proxy and this server must agree on the end of a request. The server must not treat bytes as a second request that
// a proxy treats as the body (RFC 9112 section 11.2).
func TestBytesThatAProxyCouldTreatAsABodyAreNoRequest(t *testing.T) {
	t.Parallel()
	s := start(t, "--handshake-timeout=500ms")
	for name, head := range map[string]string{
		"two ways to end the body": "GET /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n" + upgradeHeaders,
		"a body":                   "GET /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n" + upgradeHeaders,
		"two lengths":              "GET /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 4\r\n" + upgradeHeaders,
		"chunks":                   "GET /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + upgradeHeaders,
		"an odd coding":            "GET /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n" + upgradeHeaders,
	} {
		answer := sendRaw(t, s, head+"\r\nGET /hello HTTP/1.1\r\nHost: x\r\n"+upgradeHeaders+"\r\n")
		assert.NotContains(t, answer, " 101 ", name)
	}
}

func TestMalformedHandshakesAreNotUpgraded(t *testing.T) {
	plainOnly(t, "net/http keeps the connection of a request that it has refused")
	t.Parallel()
	s := start(t, "--handshake-timeout=500ms")
	for name, head := range map[string]string{
		"two hosts":                 "GET /echo HTTP/1.1\r\nHost: x\r\nHost: y\r\n" + upgradeHeaders,
		"no host":                   "GET /echo HTTP/1.1\r\n" + upgradeHeaders,
		"a folded line":             "GET /echo HTTP/1.1\r\nHost: x\r\n y: z\r\n" + upgradeHeaders,
		"a space before the colon":  "GET /echo HTTP/1.1\r\nHost : x\r\n" + upgradeHeaders,
		"a carriage return alone":   "GET /echo HTTP/1.1\r\nHost: x\rX: y\r\n" + upgradeHeaders,
		"a NUL":                     "GET /echo HTTP/1.1\r\nHost: x\r\nX: \x00\r\n" + upgradeHeaders,
		"no version":                "GET /echo\r\nHost: x\r\n" + upgradeHeaders,
		"HTTP/1.0":                  "GET /echo HTTP/1.0\r\nHost: x\r\n" + upgradeHeaders,
		"HTTP/2.0":                  "GET /echo HTTP/2.0\r\nHost: x\r\n" + upgradeHeaders,
		"a space in the target":     "GET /echo /x HTTP/1.1\r\nHost: x\r\n" + upgradeHeaders,
		"another version and a key": "GET /echo HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Version: 13, 8\r\n" + upgradeHeaders,
		"two keys":                  "GET /echo HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Key: BBBBBBBBBBBBBBBBBBBBBA==\r\n" + upgradeHeaders,
	} {
		answer := sendRaw(t, s, head+"\r\n")
		assert.Regexp(t, `^HTTP/1\.[01] [45]\d\d `, answer, name)
	}
}

func TestNamesAreNeverInterpreted(t *testing.T) {
	t.Parallel()
	s := start(t, "--log-level=debug")
	for _, name := range []string{
		`","text":"forged","x":"`, `</script><script>alert(1)</script>`, `'; DROP TABLE rooms; --`, "${jndi:ldap://x}", "%0d%0aX: y", "a\u2028\u2029b", `\`, "a b\u00a0c",
	} {
		c := dial(t, s, "/ws/chat/"+url.PathEscape(name)+"?username="+url.QueryEscape(name))
		_, b, err := c.conn.Read(c.ctx)
		require.NoError(t, err)
		var m struct{ Sender, Text, Room string }
		require.NoError(t, json.Unmarshal(b, &m))
		assert.Equal(t, "System", m.Sender)
		assert.Equal(t, name+" joined the room", m.Text)
		assert.Equal(t, name, m.Room)
		assert.NotContains(t, string(b), "\n")
	}
	for _, line := range []string{"a\r\nSet-Cookie: forged=1", "a\nlevel=ERROR msg=forged", "a\x00b", "a\x1b[2J", "\x85", "a\u0085b"} {
		dial(t, s, "/ws/chat/a?username="+url.QueryEscape(line)).isClosed(1008, "Bad name")
		dial(t, s, "/ws/chat/"+url.PathEscape(line)).isClosed(1008, "Bad room")
		answer := sendRaw(t, s, "GET /"+url.PathEscape(line)+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		assert.NotContains(t, answer, "forged=1\r\n")
	}
	for line := range strings.Lines(s.log.String()) {
		assert.True(t, strings.HasPrefix(line, "time="), "a forged line: %q", line)
	}
}
