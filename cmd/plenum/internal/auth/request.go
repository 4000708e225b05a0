package auth

import (
	"net/http"
	"slices"
	"strings"
)

// subprotocolName is the first of the two subprotocols with which a web page sends a token, because it
// cannot set headers: new WebSocket(url, ["bearer", token]).
const subprotocolName = "bearer"

// FromRequest returns the token of a request. It may be in Authorization: Bearer TOKEN (RFC 6750
// section 2.1), in Sec-WebSocket-Protocol: bearer, TOKEN, or in the query: ?token=TOKEN. Empty tokens are
// ignored.
//
// If the request has several different tokens, found is true and token is "", which is never valid. A
// proxy may have checked one of them only, and it is not known which one.
//
// If subprotocol is true, the response to the handshake must select the subprotocol bearer. Otherwise a
// browser closes the connection (RFC 6455 section 4.1).
func FromRequest(r *http.Request) (token string, found, subprotocol bool) {
	chosen := fromProtocols(r.Header.Values("Sec-WebSocket-Protocol"))
	offers := slices.Concat(fromAuthorization(r.Header.Values("Authorization")), chosen, r.URL.Query()["token"])
	for _, offer := range offers {
		if found && offer != "" && offer != token {
			return "", true, len(chosen) > 0
		}
		if offer != "" {
			token, found = offer, true
		}
	}
	return token, found, len(chosen) > 0
}

// APIKeyOf returns the API key of a request, which may only be in Authorization: Bearer KEY. found is false if there is no
// such header, or if there are several.
func APIKeyOf(r *http.Request) (key string, found bool) {
	offers := fromAuthorization(r.Header.Values("Authorization"))
	if len(offers) != 1 {
		return "", false
	}
	return offers[0], true
}

// fromAuthorization returns the tokens of Authorization headers. It ignores schemes other than Bearer, which are
// meant for a proxy.
func fromAuthorization(lines []string) (tokens []string) {
	for _, line := range lines {
		scheme, token, _ := strings.Cut(line, " ")
		if strings.EqualFold(scheme, "bearer") { // RFC 9110 section 11.1
			tokens = append(tokens, strings.Trim(token, " "))
		}
	}
	return tokens
}

// fromProtocols returns the element after each "bearer" in the Sec-WebSocket-Protocol headers. Several headers form one
// list, and empty elements are ignored (RFC 9110 sections 5.3 and 5.6.1).
func fromProtocols(lines []string) (tokens []string) {
	after := false
	for name := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		name = strings.Trim(name, " \t")
		switch {
		case name == "":
		case after:
			tokens, after = append(tokens, name), false
		default:
			after = name == subprotocolName
		}
	}
	return tokens
}
