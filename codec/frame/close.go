package frame

import (
	"encoding/binary"
	"unicode/utf8"
)

// Close codes of RFC 6455 section 7.4.1 and the registry of section 11.7, and CloseTokenExpired, which is plenum's own.
const (
	CloseNormal        = 1000
	CloseGoingAway     = 1001
	CloseProtocolError = 1002
	CloseNoStatus      = 1005 // never on the wire: a close frame without a code
	CloseAbnormal      = 1006 // never on the wire: the socket ended without a close frame
	CloseInvalidData   = 1007 // such as a text that is not UTF-8
	ClosePolicy        = 1008
	CloseTooBig        = 1009
	CloseInternal      = 1011
	CloseRestart       = 1012
	CloseTryAgain      = 1013
	CloseTokenExpired  = 4001
)

// ValidCloseCode reports whether a peer may send code. It may send the codes that the registry of close codes allows in a
// frame (section 7.4; 1012 to 1014 were registered after the RFC). It may also send 3000 to 4999, which are for
// libraries and applications.
func ValidCloseCode(code int) bool {
	switch {
	case code >= 3000 && code <= 4999:
		return true
	case code >= 1000 && code <= 1014:
		return code != 1004 && code != CloseNoStatus && code != CloseAbnormal
	}
	return false
}

// AppendClosePayload appends the payload of a close frame: code, then reason. A reason of more than MaxReason bytes is
// cut at the end of a rune. CloseNoStatus appends nothing.
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

// ParseClosePayload parses the payload of a close frame (section 5.5.1). The code of an empty payload is CloseNoStatus.
// reason is a part of p.
//
// If p is invalid, answer is the code to close the connection with, otherwise 0. A payload of one byte or an invalid code
// is a CloseProtocolError. A reason that is not UTF-8 is CloseInvalidData.
func ParseClosePayload(p []byte) (code int, reason []byte, answer int) {
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
