package engine

import (
	"encoding/base64"
	"errors"
	"net/http"
	"slices"

	"plenum/engine/internal/accept"
)

// The errors of a handshake. Their texts are sent to the client.
var (
	errMethod   = errors.New("websocket: the method must be GET")
	errUpgrade  = errors.New("websocket: the headers Connection: Upgrade and Upgrade: websocket are required")
	errVersion  = errors.New("websocket: Sec-WebSocket-Version must be 13")
	errKey      = errors.New("websocket: there must be one Sec-WebSocket-Key header, 16 bytes in base64")
	errBody     = errors.New("websocket: a handshake must not have a body")
	errProtocol = errors.New("websocket: HTTP/1.1 is required")
	errOrigin   = errors.New("websocket: origin not allowed")
)

// checkHandshake checks a request against RFC 6455 section 4.2.1 and Config.AllowOrigin. It adds the headers of an error
// response to answer. why is valid only if problem is not nil.
func (e *Engine) checkHandshake(answer http.Header, r *http.Request) (why Refusal, problem error) {
	key := r.Header["Sec-Websocket-Key"]
	switch {
	case r.Method != http.MethodGet:
		answer.Set("Allow", http.MethodGet)
		return RefusedMethod, errMethod
	case !IsUpgrade(r):
		setUpgrade(answer)
		return RefusedNotUpgrade, errUpgrade
	case r.ProtoMajor != 1 || r.ProtoMinor < 1:
		return RefusedHandshake, errProtocol
	case !slices.Equal(r.Header["Sec-Websocket-Version"], []string{"13"}):
		setUpgrade(answer)
		answer.Set("Sec-WebSocket-Version", "13")
		return RefusedVersion, errVersion
	case len(key) != 1 || !validKey(key[0]):
		return RefusedHandshake, errKey
	case r.ContentLength != 0 || len(r.TransferEncoding) > 0:
		answer.Set("Connection", "close")
		return RefusedHandshake, errBody
	case len(r.Header["Origin"]) > 1 || r.Header.Get("Origin") != "" && !e.cfg.AllowOrigin(r):
		return RefusedOrigin, errOrigin
	}
	return 0, nil
}

// setUpgrade adds the headers that a response 426 must have (RFC 9110 sections 15.5.22 and 7.8). Connection is written in
// lower case, because net/http deletes the canonical form if it closes the connection afterwards.
func setUpgrade(answer http.Header) {
	answer.Set("Upgrade", "websocket")
	answer["connection"] = []string{"Upgrade"}
}

// IsUpgrade reports whether r asks to upgrade to a WebSocket (RFC 6455 section 4.1). Upgrade checks the rest of the
// handshake.
func IsUpgrade(r *http.Request) bool {
	return accept.AsksForUpgrade(r.Header)
}

func validKey(key string) bool {
	var decoded [18]byte
	if len(key) != base64.StdEncoding.EncodedLen(16) {
		return false
	}
	n, err := base64.StdEncoding.Decode(decoded[:], []byte(key))
	return err == nil && n == 16
}
