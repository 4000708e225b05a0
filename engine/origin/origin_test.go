package origin_test

import (
	"crypto/tls"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/engine/origin"
)

func TestEqualOriginsHaveOneCanonicalForm(t *testing.T) {
	for s, want := range map[string]string{
		"https://h":                    "https://h",
		"https://h:443":                "https://h",
		"https://h:":                   "https://h",
		"https://h:80":                 "https://h:80",
		"http://h:80":                  "http://h",
		"http://h:080":                 "http://h",
		"http://h:443":                 "http://h:443",
		"HTTPS://Chat.Example.ORG:443": "https://chat.example.org",
		"http://[::1]:80":              "http://[::1]",
		"http://[0:0:0:0:0:0:0:1]":     "http://[::1]",
		"https://[2001:DB8::0:1]:8443": "https://[2001:db8::1]:8443",
		"http://127.0.0.1:8080":        "http://127.0.0.1:8080",
		"app://localhost":              "app://localhost",

		"": "", "null": "", "h": "", "//h": "", "https:h": "", "https://": "", "https://:443": "",
		"https://h/": "", "https://h/p": "", "https://h?": "", "https://h#": "", "https://u@h": "",
		"https://h:65536": "", "https://h:x": "", "https://h\n": "", "https://h h": "", "https://münchen.example": "", "%": "",
	} {
		assert.Equal(t, want, origin.Canonical(s), "%q", s)
	}
}

// RFC 6454 section 4: a missing port is the scheme's default.
func TestAMissingPortIsTheDefaultOfTheOriginsScheme(t *testing.T) {
	for _, tc := range []struct {
		host, origin string
		tls, plain   bool // the result of Same on a TLS connection and on a plain one
	}{
		{"h", "https://h", true, true},
		{"h:443", "https://h", true, true},
		{"h", "https://h:443", true, true},
		{"h", "http://h", false, true},
		{"h:80", "http://h", false, true},
		{"h", "http://h:80", false, true},
		{"h:443", "http://h:443", false, true},
		{"H.Example:443", "https://h.EXAMPLE", true, true},
		{"[::1]:443", "https://[::1]", true, true},
		{"[0:0::1]", "https://[::1]:443", true, true},
		{"h:8080", "http://h:8080", false, true},

		{"h:80", "https://h", false, false},
		{"h:443", "http://h", false, false},
		{"h:8080", "http://h", false, false},
		{"h", "http://h:8080", false, false},
		{"h", "https://other", false, false},
		{"h", "null", false, false},
		{"h", "https://h/", false, false},
		{"h", "app://h", false, false},
		{"", "https://", false, false},
		{"", "", false, false},
		{"h/x", "https://h", false, false},
	} {
		r := &http.Request{Host: tc.host, Header: http.Header{"Origin": {tc.origin}}}
		assert.Equal(t, tc.plain, origin.Same(r), "%q from %q", tc.host, tc.origin)
		r.TLS = new(tls.ConnectionState)
		assert.Equal(t, tc.tls, origin.Same(r), "%q from %q, over TLS", tc.host, tc.origin)
	}
}

func TestAHostIsSplitIntoANameAndAPort(t *testing.T) {
	for host, want := range map[string][2]string{
		"h":                  {"h", "80"},
		"LocalHost:8080":     {"localhost", "8080"},
		"localhost.":         {"localhost.", "80"},
		"[::1]":              {"::1", "80"},
		"[0:0::1]:08080":     {"::1", "8080"},
		"[::ffff:127.0.0.1]": {"::ffff:127.0.0.1", "80"},
		"h:":                 {"h", "80"},
		"":                   {"", "80"},
	} {
		name, port := origin.Split(host, "http")
		assert.Equal(t, want, [2]string{name, port}, host)
	}
	_, port := origin.Split("h", "https")
	assert.Equal(t, "443", port)
}

// RFC 9110 section 4.2.3, RFC 6761 section 6.3.
func TestOnlyNamesOfTheLocalMachineAreLoopback(t *testing.T) {
	for _, host := range []string{"localhost", "LOCALHOST:1", "localhost.", "chat.localhost", "127.0.0.1", "127.1.2.3:4", "[::1]:1", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]"} {
		name, _ := origin.Split(host, "http")
		assert.True(t, origin.IsLoopback(name), host)
	}
	for _, host := range []string{"", ".", "localhost..", "notlocalhost", "localhost.example", "localhost.example.", "0.0.0.0", "10.0.0.1", "[::]", "evil.example", "127.0.0.1.example"} {
		name, _ := origin.Split(host, "http")
		assert.False(t, origin.IsLoopback(name), host)
	}
}
