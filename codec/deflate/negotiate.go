package deflate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"plenum/codec/extension"
)

// The extension and its parameters (section 7.1).
const (
	Name         = "permessage-deflate"
	serverFresh  = "server_no_context_takeover"
	clientFresh  = "client_no_context_takeover"
	serverWindow = "server_max_window_bits"
	clientWindow = "client_max_window_bits"
)

// Offer is what a client of this package asks for, in Sec-WebSocket-Extensions.
const Offer = Name + "; " + serverFresh + "; " + clientFresh

// windows are the values of the window parameters, from minWindow on: decimal, without
// leading zeros (section 7.1.2).
var windows = []string{"8", "9", "10", "11", "12", "13", "14", "15"}

const minWindow = 8

// Terms is what client and server have agreed on. The zero value: nothing.
type Terms struct {
	// Window is the most that a message sent to the client may refer back, in bits, 8 to 15.
	Window uint8
	// Limited is whether the offer named Window, for then the answer has to as well (section 7.1.2.1).
	Limited bool
}

// Accept reads the parameters of an offer. The offer is declined if it has a parameter that is
// not known, that comes twice, or with a value that it may not have (section 7.1); then ok is false.
func Accept(params extension.Params) (t Terms, ok bool) {
	t.Window = MaxWindow
	for i, param := range params {
		if params[:i].Has(param.Name) || !t.take(param) {
			return Terms{}, false
		}
	}
	return t, true
}

// take adds one parameter of an offer to t. If the offer is to be declined, take returns false.
func (t *Terms) take(param extension.Param) bool {
	bits := slices.Index(windows, param.Value)
	switch strings.ToLower(param.Name) {
	case serverFresh, clientFresh:
		return !param.Valued
	case serverWindow:
		t.Window, t.Limited = uint8(minWindow+bits), true
		return bits >= 0
	case clientWindow: // a hint that needs no answer: any window is inflated
		return bits >= 0 || !param.Valued
	}
	return false
}

// Answer is the parameters of the response in Sec-WebSocket-Extensions. A server may
// ask for both no_context_takeover if the offer had neither (section 7.1.1).
func (t Terms) Answer() extension.Params {
	answer := extension.Params{{Name: serverFresh}, {Name: clientFresh}}
	if t.Limited {
		answer = append(answer, extension.Param{Name: serverWindow, Value: strconv.Itoa(int(t.Window)), Valued: true})
	}
	return answer
}

// CheckAnswer tells a client that sent Offer, and nothing else, whether the server accepted
// it. An error is an answer on which the connection has to be failed (RFC 6455 section 9.1,
// section 7.1): a malformed one, an extension that was not offered or comes twice,
// parameters that are not valid or that Offer leaves no place for, and a server that would
// take its context over. A server may limit its own window unasked (section 7.1.2.1).
func CheckAnswer(lines []string) (accepted bool, err error) {
	for _, line := range lines {
		list, ok := extension.Parse(line)
		if !ok {
			return false, fmt.Errorf("deflate: malformed answer %q", line)
		}
		for _, e := range list {
			if accepted || !answersOffer(e) {
				return false, fmt.Errorf("deflate: answer %q is not to the offer", line)
			}
			accepted = true
		}
	}
	return accepted, nil
}

func answersOffer(e extension.Element) bool {
	_, ok := Accept(e.Params)
	return ok && strings.EqualFold(e.Name, Name) && e.Params.Has(serverFresh) && !e.Params.Has(clientWindow)
}
