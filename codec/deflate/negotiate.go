package deflate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"plenum/codec/extension"
)

// Name is the name of the extension.
const Name = "permessage-deflate"

// The parameters of the extension (section 7.1).
const (
	serverNoTakeover = "server_no_context_takeover"
	clientNoTakeover = "client_no_context_takeover"
	serverWindow     = "server_max_window_bits"
	clientWindow     = "client_max_window_bits"
)

// Offer is the value of Sec-WebSocket-Extensions that a client of this package sends.
const Offer = Name + "; " + serverNoTakeover + "; " + clientNoTakeover

// windows are the valid values of the window parameters, from minWindow: decimal numbers without leading zeros
// (section 7.1.2).
var windows = []string{"8", "9", "10", "11", "12", "13", "14", "15"}

const minWindow = 8

// Terms are the parameters that client and server have agreed on. The zero value means that the extension is not used.
type Terms struct {
	// Window is the window for messages to the client, in bits, 8 to 15. Their references go back at most
	// 1<<Window bytes.
	Window uint8
	// Limited says that the offer named Window. Then the answer must name it as well (section 7.1.2.1).
	Limited bool
}

// Accept parses the parameters of a client's offer. ok is false if the offer must be declined: a parameter is unknown,
// occurs twice, or has an invalid value (section 7.1).
func Accept(params extension.Params) (t Terms, ok bool) {
	t.Window = MaxWindow
	for i, param := range params {
		if params[:i].Has(param.Name) || !t.take(param) {
			return Terms{}, false
		}
	}
	return t, true
}

// take adds a parameter of an offer to t. It returns false if the offer must be declined.
func (t *Terms) take(param extension.Param) bool {
	bits := slices.Index(windows, param.Value)
	switch strings.ToLower(param.Name) {
	case serverNoTakeover, clientNoTakeover:
		return !param.Valued
	case serverWindow:
		t.Window, t.Limited = uint8(minWindow+bits), true
		return bits >= 0
	case clientWindow: // a hint that needs no answer, because Inflate reads any window
		return bits >= 0 || !param.Valued
	}
	return false
}

// Answer returns the parameters for the server's response. Both no_context_takeover parameters are in it, because a
// server may require them even if they are not in the offer (section 7.1.1).
func (t Terms) Answer() extension.Params {
	answer := extension.Params{{Name: serverNoTakeover}, {Name: clientNoTakeover}}
	if t.Limited {
		answer = append(answer, extension.Param{Name: serverWindow, Value: strconv.Itoa(int(t.Window)), Valued: true})
	}
	return answer
}

// CheckAnswer checks the server's answer to Offer. lines are the values of Sec-WebSocket-Extensions in the response.
// accepted reports whether the server uses the extension.
//
// On an error the client must fail the connection (RFC 6455 section 9.1, section 7.1). Errors are:
//
//   - a malformed line
//   - an extension that was not offered, or that occurs twice
//   - a parameter that is invalid, or that does not match Offer
//   - no server_no_context_takeover
//
// The server may limit its own window even though Offer does not ask for it (section 7.1.2.1).
func CheckAnswer(lines []string) (accepted bool, err error) {
	for _, line := range lines {
		list, ok := extension.Parse(line)
		if !ok {
			return false, fmt.Errorf("deflate: malformed answer %q", line)
		}
		for _, e := range list {
			if accepted || !matchesOffer(e) {
				return false, fmt.Errorf("deflate: answer %q does not match the offer", line)
			}
			accepted = true
		}
	}
	return accepted, nil
}

func matchesOffer(e extension.Element) bool {
	_, ok := Accept(e.Params)
	return ok && strings.EqualFold(e.Name, Name) && e.Params.Has(serverNoTakeover) && !e.Params.Has(clientWindow)
}
