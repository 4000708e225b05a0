package auth

import (
	"net/http"
	"slices"
	"strings"
)

// subprotocolName is the first of the two subprotocols by which a web page, which cannot set headers,
// hands over a token: new WebSocket(url, ["bearer", token]).
const subprotocolName = "bearer"

// FromRequest returns the token that the request carries: as Authorization: Bearer TOKEN
// (RFC 6750 section 2.1), as Sec-WebSocket-Protocol: bearer, TOKEN, or as ?token=TOKEN.
// An empty one is none.
//
// Where it carries several that differ, it is found and "", which is valid nowhere:
// whoever looked at the request on its way may have checked one and meant it
// for all, and there is no telling which.
//
// subprotocol tells that the answer to the handshake has to choose the subprotocol bearer,
// else a browser drops the connection (RFC 6455 section 4.1).
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

// fromAuthorization leaves other schemes than Bearer alone: they are a proxy's.
func fromAuthorization(lines []string) (tokens []string) {
	for _, line := range lines {
		scheme, token, _ := strings.Cut(line, " ")
		if strings.EqualFold(scheme, "bearer") { // RFC 9110 section 11.1
			tokens = append(tokens, strings.Trim(token, " "))
		}
	}
	return tokens
}

// fromProtocols returns what comes after each bearer. Several lines are one list, in
// which empty elements do not count (RFC 9110 sections 5.3 and 5.6.1).
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
