package frame

import (
	"encoding/binary"
	"unicode/utf8"
)

// Close codes of RFC 6455 section 7.4.1 and its registry, and the one of our own.
const (
	CloseNormal        = 1000
	CloseGoingAway     = 1001
	CloseProtocolError = 1002
	CloseNoStatus      = 1005 // never on the wire: a close frame without a code
	CloseAbnormal      = 1006 // never on the wire: the socket ended without a close frame
	CloseInvalidData   = 1007 // not UTF-8
	ClosePolicy        = 1008
	CloseTooBig        = 1009
	CloseInternal      = 1011
	CloseRestart       = 1012
	CloseTryAgain      = 1013
	CloseTokenExpired  = 4001
)

// ValidCloseCode tells whether a peer may send code: the codes that the
// registry of section 7.4 defines for the wire (1012 to 1014 came after the
// RFC), and 3000 to 4999 for libraries and applications.
func ValidCloseCode(code int) bool {
	switch {
	case code >= 3000 && code <= 4999:
		return true
	case code >= 1000 && code <= 1014:
		return code != 1004 && code != CloseNoStatus && code != CloseAbnormal
	}
	return false
}

// AppendClosePayload appends a close frame's payload: the code, then the reason
// cut to MaxReason bytes at a rune's end. CloseNoStatus gives an empty payload.
func AppendClosePayload(dst []byte, code int, reason string) []byte {
	if code == CloseNoStatus {
		return dst
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(code))
	if len(reason) > MaxReason {
		cut := MaxReason
		for cut > 0 && !utf8.RuneStart(reason[cut]) {
			cut--
		}
		reason = reason[:cut]
	}
	return append(dst, reason...)
}

// ParseClosePayload reads a close frame's payload by section 5.5.1. An empty
// one is CloseNoStatus. fault is 0, or the code to close with: a lone byte or a
// code not for the wire is a protocol error, a reason that is not UTF-8 invalid data.
func ParseClosePayload(p []byte) (code int, reason []byte, fault int) {
	if len(p) == 0 {
		return CloseNoStatus, nil, 0
	}
	if len(p) < 2 {
		return 0, nil, CloseProtocolError
	}
	code = int(binary.BigEndian.Uint16(p))
	if !ValidCloseCode(code) {
		return code, nil, CloseProtocolError
	}
	if !utf8.Valid(p[2:]) {
		return code, nil, CloseInvalidData
	}
	return code, p[2:], 0
}
