package deflate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The extension and its parameters (section 7.1).
const (
	name         = "permessage-deflate"
	serverFresh  = "server_no_context_takeover"
	clientFresh  = "client_no_context_takeover"
	serverWindow = "server_max_window_bits"
	clientWindow = "client_max_window_bits"
)

// Offer is what a client of this package asks for, in Sec-WebSocket-Extensions.
const Offer = name + "; " + serverFresh + "; " + clientFresh

// windows are the values of the window parameters, from minWindow on: decimal, without
// leading zeros (section 7.1.2).
var windows = []string{"8", "9", "10", "11", "12", "13", "14", "15"}

const minWindow = 8

// Params is what was negotiated. The zero value: nothing.
type Params struct {
	// Window is the most that a message sent to the client may refer back, in bits, 8 to 15.
	Window uint8
	// Limited is whether the offer named it, for then the answer has to as well (section 7.1.2.1).
	Limited bool
}

// Negotiate picks the first offer that can be accepted out of the lines of
// Sec-WebSocket-Extensions, which is the one that the client likes best (section 5).
// Other extensions are passed over. An offer is declined where it has a parameter that is
// not known, that comes twice, or with a value that it may not have (section 7.1). A line
// that is malformed offers nothing.
func Negotiate(lines []string) (p Params, ok bool) {
	for _, line := range lines {
		list, _ := parse(line)
		for _, e := range list {
			if !strings.EqualFold(e.name, name) {
				continue
			}
			if p, ok := e.terms(); ok {
				return p, true
			}
		}
	}
	return Params{}, false
}

// terms reads the parameters of an offer; not ok is one to decline.
func (e extension) terms() (p Params, ok bool) {
	p.Window = maxWindow
	for i, param := range e.params {
		if (extension{params: e.params[:i]}).has(param.name) {
			return p, false
		}
		bits := slices.Index(windows, param.value)
		switch strings.ToLower(param.name) {
		case serverFresh, clientFresh:
			ok = !param.valued
		case serverWindow:
			ok = bits >= 0
			p.Window, p.Limited = uint8(minWindow+bits), true
		case clientWindow: // a hint that needs no answer: any window is inflated
			ok = bits >= 0 || !param.valued
		default:
			ok = false
		}
		if !ok {
			return p, false
		}
	}
	return p, true
}

// AppendAnswer appends the value of the response's Sec-WebSocket-Extensions. A server may
// ask for both no_context_takeover where the offer had neither (section 7.1.1).
func (p Params) AppendAnswer(dst []byte) []byte {
	dst = append(dst, Offer...)
	if !p.Limited {
		return dst
	}
	dst = append(dst, "; "+serverWindow+"="...)
	return strconv.AppendUint(dst, uint64(p.Window), 10)
}

// CheckAnswer tells a client that sent Offer, and nothing else, whether the server accepted
// it. An error is an answer on which the connection has to be failed (RFC 6455 section 9.1,
// section 7.1): a malformed one, an extension that was not offered or comes twice,
// parameters that are not valid or that Offer leaves no place for, and a server that would
// take its context over. A server may limit its own window unasked (section 7.1.2.1).
func CheckAnswer(lines []string) (accepted bool, err error) {
	for _, line := range lines {
		list, ok := parse(line)
		if !ok {
			return false, fmt.Errorf("deflate: malformed answer %q", line)
		}
		for _, e := range list {
			if accepted || !e.answersOffer() {
				return false, fmt.Errorf("deflate: answer %q is not to the offer", line)
			}
			accepted = true
		}
	}
	return accepted, nil
}

func (e extension) answersOffer() bool {
	_, ok := e.terms()
	return ok && strings.EqualFold(e.name, name) && e.has(serverFresh) && !e.has(clientWindow)
}
