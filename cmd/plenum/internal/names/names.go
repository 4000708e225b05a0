// Package names checks and normalizes the names of users.
//
// A name is UTF-8 in the Unicode normalization form NFC. So different encodings of the same characters are
// one name. Letters that only look alike, such as Latin and Cyrillic a, make different names.
package names

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"plenum/codec"
)

// Maximum lengths of a name, in bytes of NFC.
const (
	// MaxGiven is the limit for a name that a client chooses itself.
	MaxGiven = 64
	// MaxSigned is the limit for a name from a token or an administrator. A sub has up to 255
	// ASCII characters (OpenID Connect Core 1.0 section 2). An e-mail address has up to 254 bytes (RFC 5321
	// section 4.5.3.1).
	MaxSigned = 255
)

// ErrReserved is returned for the name of the server itself, and for names that look like it.
var ErrReserved = errors.New("it is reserved for the server")

// Other reasons to refuse a name.
var (
	errEmpty     = errors.New("it is empty")
	errUTF8      = errors.New("it is not UTF-8")
	errControl   = errors.New("it has control characters")
	errBidi      = errors.New("it has bidirectional controls")
	errInvisible = errors.New("it has no visible character")
	errDots      = errors.New("it would be removed from the path of a URL")
	errEnds      = errors.New("it begins or ends with a blank or invisible character")
)

// maxShrink is the largest factor by which NFC shortens a name: three letters of Hangul become one.
const maxShrink = 3

// Normal returns the normal form of a name, whether or not the name is allowed.
func Normal(name string) string { return norm.NFC.String(name) }

// IsDots reports whether s is . or .., which clients remove from the path of a URL (RFC 3986 section
// 5.2.4). Browsers remove it even if it is percent-encoded. So no request could address such a user or room.
func IsDots(s string) bool { return s == "." || s == ".." }

// Check returns the normal form of a name, or why the name is refused. limit is in bytes. The result shares
// no memory with name.
func Check(name string, limit int) (string, error) {
	if len(name) > maxShrink*limit {
		return "", tooLong(limit)
	}
	if !utf8.ValidString(name) {
		return "", errUTF8
	}
	name = Normal(name)
	switch {
	case name == "":
		return "", errEmpty
	case IsDots(name):
		return "", errDots
	case len(name) > limit:
		return "", tooLong(limit)
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", errControl
	case looksLikeSystem(name):
		return "", ErrReserved
	case strings.ContainsFunc(name, isBidiControl):
		return "", errBidi
	}
	if err := checkEnds(name); err != nil {
		return "", err
	}
	return strings.Clone(name), nil
}

func tooLong(limit int) error { return fmt.Errorf("it is longer than %d bytes", limit) }

// looksLikeSystem reports whether name looks like codec.System. It ignores invisible characters, blanks at the
// ends, compatibility forms (NFKC) and case.
func looksLikeSystem(name string) bool {
	visible := strings.Map(func(r rune) rune {
		if isInvisible(r) {
			return -1
		}
		return r
	}, name)
	return strings.EqualFold(strings.TrimFunc(norm.NFKC.String(visible), isBlank), codec.System)
}
