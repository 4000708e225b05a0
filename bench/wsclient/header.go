package wsclient

import (
	"slices"
	"strings"

	"plenum/codec/extension"
)

// ownHeaders has the headers that a client sets itself, or that a request without a body must not have, in lower case.
var ownHeaders = []string{
	"host", "connection", "upgrade", "sec-websocket-version", "sec-websocket-key", "sec-websocket-extensions",
	"sec-websocket-accept", "content-length", "transfer-encoding",
}

// ValidHeader reports whether line can be one of Config.Headers: a name that the client does not set itself, a colon and a
// value without control characters (RFC 9110 section 5).
func ValidHeader(line string) bool {
	name, value, ok := strings.Cut(line, ":")
	return ok && extension.IsToken(name) && !strings.ContainsFunc(value, isControl) &&
		!slices.Contains(ownHeaders, strings.ToLower(name))
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// subprotocols returns the subprotocols that the headers offer (RFC 6455 section 11.3.4).
func subprotocols(headers []string) (offered []string) {
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ":")
		if !strings.EqualFold(name, subprotocolHeader) {
			continue
		}
		for protocol := range strings.SplitSeq(value, ",") {
			offered = append(offered, strings.TrimSpace(protocol))
		}
	}
	return offered
}

const subprotocolHeader = "sec-websocket-protocol"
