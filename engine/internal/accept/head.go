package accept

import (
	"bytes"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
)

// maxHead bounds the head of a request that the Server parses itself, in bytes. A browser's head without cookies is shorter
// than 1 KiB.
const maxHead = 4 << 10

// findEnd searches b for the empty line that ends the head of a request. size is the length of the head, with that line,
// or 0 if the line is missing. plain is false if the head is unusual and net/http must parse it. An unusual head contains
// bytes other than printable ASCII and CRLF, or a line that continues the previous one (RFC 9112 section 5.2).
func findEnd(b []byte) (size int, plain bool) {
	line := 0 // index of the first byte of the line
	for i, ch := range b {
		switch {
		case ch == '\n':
			if i == 0 || b[i-1] != '\r' {
				return 0, false
			}
			if line == i-1 {
				return i + 1, true
			}
			line = i + 1
		case i > 0 && b[i-1] == '\r':
			return 0, false
		case ch == ' ':
			if i == line {
				return 0, false
			}
		case ch != '\r' && (ch < ' ' || ch > '~'):
			return 0, false
		}
	}
	return 0, true
}

// parse parses a plain head into h.request. It returns false if the request is not a WebSocket handshake, or if it contains
// anything to which net/http gives special treatment.
func (h *handshake) parse(head []byte) bool {
	line, lines, _ := bytes.Cut(head, []byte("\r\n"))
	target, isGet := bytes.CutPrefix(line, []byte("GET "))
	target, isHTTP11 := bytes.CutSuffix(target, []byte(" HTTP/1.1"))
	if !isGet || !isHTTP11 || len(target) == 0 || target[0] != '/' {
		return false
	}
	h.request = *h.blank
	uri := string(target) // apart from the fields, because programs keep parts of it, such as names
	if !h.parseTarget(uri) || !h.parseFields(string(lines)) {
		return false
	}
	host := h.fields["Host"]
	if len(host) != 1 || host[0] == "" || !consistsOf(host[0], &hostBytes) || !AsksForUpgrade(h.fields) || hasToken(h.fields["Connection"], "close") {
		return false
	}
	for name := range h.fields {
		switch name {
		case "Content-Length", "Transfer-Encoding", "Trailer", "Expect", "Pragma":
			return false
		}
	}
	delete(h.fields, "Host")
	r := &h.request
	r.Method, r.URL, r.RequestURI, r.Host, r.Header = http.MethodGet, &h.url, uri, host[0], h.fields
	r.Proto, r.ProtoMajor, r.ProtoMinor, r.Body = "HTTP/1.1", 1, 1, http.NoBody
	return true
}

// parseTarget parses the target of a request into h.url.
func (h *handshake) parseTarget(uri string) bool {
	path, query, given := strings.Cut(uri, "?")
	if consistsOf(path, &pathBytes) && !strings.Contains(query, " ") && given == (query != "") {
		h.url = url.URL{Path: path, RawQuery: query}
		return true
	}
	u, err := url.ParseRequestURI(uri)
	if err != nil || strings.Contains(uri, " ") {
		return false
	}
	h.url = *u
	return true
}

// parseFields parses the lines of a plain head, up to the empty line, into h.fields.
func (h *handshake) parseFields(lines string) bool {
	clear(h.fields)
	values := h.values[:0]
	for {
		line, rest, _ := strings.Cut(lines, "\r\n")
		if line == "" {
			return true
		}
		lines = rest
		name, value, found := strings.Cut(line, ":")
		if !found || name == "" || !consistsOf(name, &plainBytes) {
			return false
		}
		name, value = canonical(name), strings.Trim(value, " ")
		if before := h.fields[name]; before != nil {
			h.fields[name] = append(before, value)
			continue
		}
		values = append(values, value) // a value beyond the array moves the slice, and the earlier ones stay valid
		h.fields[name] = values[len(values)-1 : len(values) : len(values)]
	}
}

// webSocketNames are the canonical forms of the names that clients spell as in RFC 6455. textproto would allocate each of them.
var webSocketNames = map[string]string{
	"Sec-WebSocket-Key": "Sec-Websocket-Key", "Sec-WebSocket-Version": "Sec-Websocket-Version",
	"Sec-WebSocket-Extensions": "Sec-Websocket-Extensions", "Sec-WebSocket-Protocol": "Sec-Websocket-Protocol",
}

func canonical(name string) string {
	if c, known := webSocketNames[name]; known {
		return c
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

// plainBytes are the bytes allowed in field names, hostBytes those allowed in the Host. pathBytes are the bytes that stand
// for themselves in a path.
var plainBytes, hostBytes, pathBytes = setOf("-_"), setOf("-_.:[]"), setOf("-_.~/")

func setOf(marks string) (set [256]bool) {
	for b := range set {
		set[b] = '0' <= b && b <= '9' || 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z' || strings.IndexByte(marks, byte(b)) >= 0
	}
	return set
}

func consistsOf(s string, of *[256]bool) bool {
	for i := range len(s) {
		if !of[s[i]] {
			return false
		}
	}
	return true
}

// AsksForUpgrade reports whether the header of a request asks to upgrade to a WebSocket (RFC 6455 section 4.1).
func AsksForUpgrade(h http.Header) bool {
	return hasToken(h["Connection"], "upgrade") && hasToken(h["Upgrade"], "websocket")
}

// hasToken reports whether a header that is a comma-separated list contains token, in any of its lines, ignoring case
// (RFC 9110 section 5.6.1).
func hasToken(lines []string, token string) bool {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.Trim(part, " \t"), token) {
				return true
			}
		}
	}
	return false
}
