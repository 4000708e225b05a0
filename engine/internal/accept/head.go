package accept

import (
	"bufio"
	"bytes"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
)

// maxHead bounds the head of a request that a handshake reads itself, in bytes. A browser's head without cookies is
// shorter than 1 KiB.
const maxHead = 4 << 10

// findEnd searches b for the empty line that ends the head of a request. size is the length of the head, with that line,
// or 0 if the line is missing. plain is false if the head is unusual and net/http must parse it. It then contains bytes
// other than printable ASCII and CRLF, or a line that continues the previous one (RFC 9112 section 5.2).
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

// headReader holds the readers that parse a head. They come from a pool.
type headReader struct {
	bytes bytes.Reader
	lines textproto.Reader
}

var headReaders = sync.Pool{New: func() any {
	r := &headReader{}
	r.lines.R = bufio.NewReaderSize(&r.bytes, maxHead)
	return r
}}

// parseHandshake parses a plain head. It returns nil if the request is not a WebSocket handshake, or if it contains
// anything to which net/http gives special treatment.
func parseHandshake(head []byte) *http.Request {
	line, lines, _ := bytes.Cut(head, []byte("\r\n"))
	target, ok := bytes.CutPrefix(line, []byte("GET /"))
	if !ok {
		return nil
	}
	if target, ok = bytes.CutSuffix(target, []byte(" HTTP/1.1")); !ok {
		return nil
	}
	uri := "/" + string(target)
	u, err := url.ParseRequestURI(uri)
	if err != nil || strings.Contains(uri, " ") {
		return nil
	}
	reader := headReaders.Get().(*headReader)
	defer headReaders.Put(reader)
	reader.bytes.Reset(lines)
	reader.lines.R.Reset(&reader.bytes)
	fields, err := reader.lines.ReadMIMEHeader()
	if err != nil {
		return nil
	}
	header, host := http.Header(fields), fields["Host"]
	if len(host) != 1 || host[0] == "" || !consistsOf(host[0], &hostBytes) || !AsksForUpgrade(header) || hasToken(header["Connection"], "close") {
		return nil
	}
	for name := range header {
		switch name {
		case "Content-Length", "Transfer-Encoding", "Trailer", "Expect", "Pragma":
			return nil
		}
		if !consistsOf(name, &plainBytes) {
			return nil
		}
	}
	delete(header, "Host")
	return &http.Request{
		Method: http.MethodGet, URL: u, RequestURI: uri, Host: host[0], Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
	}
}

// plainBytes are the bytes allowed in field names, hostBytes those allowed in the Host.
var plainBytes, hostBytes = setOf("-_"), setOf("-_.:[]")

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
