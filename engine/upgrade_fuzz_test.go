package engine_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/engine"
)

// FuzzUpgrade sends arbitrary bytes and FIN. The server may answer or not, but it must close the connection. It may
// answer 101 only to a handshake that RFC 6455 section 4.2.1 allows.
func FuzzUpgrade(f *testing.F) {
	s := serve(f, engine.Config{CloseTimeout: 300 * time.Millisecond}, echo)
	f.Add([]byte(handshake))
	f.Add([]byte(handshake + string(masked(text, "early"))))
	f.Fuzz(func(t *testing.T, request []byte) {
		if len(request) > 16<<10 {
			return
		}
		c := s.connect(t)
		_ = c.conn.SetLinger(0) // leaves no TIME_WAIT behind
		defer func() { _ = c.conn.Close() }()
		_, _ = c.conn.Write(request)
		_ = c.conn.CloseWrite()
		answer, err := io.ReadAll(c.in)
		if err != nil {
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the server hangs")
		}
		if bytes.Contains(answer, []byte("HTTP/1.1 101 ")) {
			require.True(t, holdsHandshake(string(request)), "%q was answered 101", request)
		}
	})
}

var requestLine = regexp.MustCompile(`^GET [^ ]+ HTTP/1\.[1-9]$`)

// holdsHandshake reports whether sent contains a handshake anywhere, because several requests may follow one another.
func holdsHandshake(sent string) bool {
	for at := range sent {
		if strings.HasPrefix(sent[at:], "GET ") && isHandshake(sent[at:]) {
			return true
		}
	}
	return false
}

// isHandshake checks a request's head against the list of the RFC, without any code of the server.
func isHandshake(sent string) bool {
	lines := strings.Split(sent, "\n")
	lines = lines[:len(lines)-1] // the rest without a newline is not a line
	if len(lines) == 0 || !requestLine.MatchString(strings.TrimSuffix(lines[0], "\r")) {
		return false
	}
	fields := map[string][]string{}
	name, ended := "", false
	for _, line := range lines[1:] {
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			ended = true
			break
		}
		if line[0] == ' ' || line[0] == '\t' { // folded, RFC 9112 section 5.2
			if name == "" {
				return false
			}
			values := fields[name]
			values[len(values)-1] += " " + line
			continue
		}
		var value string
		var found bool
		name, value, found = strings.Cut(line, ":")
		if !found {
			return false
		}
		name = strings.ToLower(name)
		fields[name] = append(fields[name], value)
	}
	if !ended {
		return false
	}
	one := func(name string) string {
		if len(fields[name]) != 1 {
			return ""
		}
		return strings.Trim(fields[name][0], " \t")
	}
	lists := func(name, token string) bool {
		for value := range strings.SplitSeq(strings.ToLower(strings.Join(fields[name], ",")), ",") {
			if strings.Trim(value, " \t") == token {
				return true
			}
		}
		return false
	}
	key, err := base64.StdEncoding.DecodeString(one("sec-websocket-key"))
	switch {
	case len(fields["host"]) != 1, !lists("connection", "upgrade"), !lists("upgrade", "websocket"),
		err != nil || len(key) != 16, one("sec-websocket-version") != "13", fields["transfer-encoding"] != nil:
		return false
	}
	for _, n := range fields["content-length"] {
		if strings.Trim(n, " \t0") != "" {
			return false
		}
	}
	for _, origin := range fields["origin"] {
		if origin = strings.Trim(origin, " \t"); origin == "" {
			continue
		}
		u, err := url.Parse(origin)
		return err == nil && u.Host != ""
	}
	return true
}

func TestHoldsHandshakeRequiresEachLineOfAHandshake(t *testing.T) {
	assert.True(t, holdsHandshake(handshake))
	assert.True(t, holdsHandshake("GET / HTTP/1.1\r\nHost: x\r\n\r\n"+handshake))
	for _, line := range strings.Split(strings.TrimSpace(handshake), "\r\n") {
		assert.False(t, holdsHandshake(strings.Replace(handshake, line+"\r\n", "", 1)), "without %q", line)
	}
	for cut := range handshake {
		assert.False(t, holdsHandshake(handshake[:cut]))
	}
}
