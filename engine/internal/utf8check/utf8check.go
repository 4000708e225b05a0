// Package utf8check checks that a text that arrives in pieces is valid UTF-8.
package utf8check

import "encoding/binary"

// Check checks one text. It finds the first invalid byte, so that the connection can be closed there (RFC 6455 section
// 8.1) without waiting for the rest. The zero value is ready for a new text.
type Check struct {
	need   uint8 // number of continuation bytes that must follow
	lo, hi uint8 // the range of the next continuation byte
}

// Feed checks the next piece. It returns false if the text is invalid.
func (u *Check) Feed(b []byte) bool {
	for i := 0; i < len(b); i++ {
		if u.need > 0 {
			if b[i] < u.lo || b[i] > u.hi {
				return false
			}
			u.need--
			u.lo, u.hi = 0x80, 0xbf
			continue
		}
		for len(b)-i >= 8 && binary.LittleEndian.Uint64(b[i:])&0x8080808080808080 == 0 {
			i += 8
		}
		if i < len(b) && b[i] >= 0x80 && !u.lead(b[i]) {
			return false
		}
	}
	return true
}

// lead checks the first byte of a rune of several bytes, by table 3-7 of the Unicode standard. The table excludes
// over-long forms, surrogates, and code points above U+10FFFF.
func (u *Check) lead(b byte) bool {
	u.lo, u.hi = 0x80, 0xbf
	switch {
	case b < 0xc2 || b > 0xf4:
		return false
	case b < 0xe0:
		u.need = 1
		return true
	case b < 0xf0:
		u.need = 2
	default:
		u.need = 3
	}
	switch b {
	case 0xe0:
		u.lo = 0xa0
	case 0xed:
		u.hi = 0x9f
	case 0xf0:
		u.lo = 0x90
	case 0xf4:
		u.hi = 0x8f
	}
	return true
}

// Whole reports whether the text may end here: no rune is incomplete.
func (u *Check) Whole() bool { return u.need == 0 }
