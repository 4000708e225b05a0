// Package utf8check checks that a text which arrives in pieces is UTF-8.
package utf8check

import "encoding/binary"

// Check finds the first byte that cannot belong to UTF-8 in a text that
// arrives in pieces, because RFC 6455 section 8.1 wants the text refused there. The zero value
// is at the boundary between two runes.
type Check struct {
	need   uint8 // continuation bytes still to come
	lo, hi uint8 // the range of the next one
}

// Feed takes the next piece. It returns false at the first bad byte.
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

// lead takes the first byte of a longer rune: table 3-7 of the Unicode standard,
// which leaves out over-long forms, surrogates and what is beyond U+10FFFF.
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

// Whole tells whether the text may end here.
func (u *Check) Whole() bool { return u.need == 0 }
