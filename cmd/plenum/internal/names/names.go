// Package names tells which names a user may have, and which two spellings are one name.
//
// A name is UTF-8 in the normalization form NFC, so a name has one spelling however it was
// typed. A name that differs from another one only in letters of a similar shape, as in Latin
// and Cyrillic a, is another name.
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

// Limits of a name, in bytes of NFC.
const (
	// MaxGiven is for a name that a client gives itself.
	MaxGiven = 64
	// MaxSigned is for a name that a token or an administrator gives: a sub has up to 255
	// characters of ASCII (OpenID Connect Core 1.0 section 2), an e-mail address up to 254 bytes (RFC 5321
	// section 4.5.3.1).
	MaxSigned = 255
)

// ErrReserved says that the name is that of the server itself, or looks like it.
var ErrReserved = errors.New("it is the server's own")

// Why other names are refused.
var (
	errEmpty   = errors.New("it is empty")
	errUTF8    = errors.New("it is not UTF-8")
	errControl = errors.New("it has control characters")
	errBidi    = errors.New("it has bidirectional controls")
	errNothing = errors.New("it shows nothing")
	errDots    = errors.New("clients take it out of a URL's path")
	errEnds    = errors.New("it begins or ends in a blank")
)

// maxShrink is how many times shorter NFC may make a name: three letters of Hangul become one.
const maxShrink = 3

// Normal returns the one spelling of a name, whether or not the name is allowed.
func Normal(name string) string { return norm.NFC.String(name) }

// IsDots reports whether s is . or .., which clients take out of a URL's path (RFC 3986 section 5.2.4),
// browsers also if it is percent-encoded. No request could name such a user or room.
func IsDots(s string) bool { return s == "." || s == ".." }

// Check returns the one spelling of a name, a string of its own, or why the name is refused.
// limit is in bytes.
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

// looksLikeSystem tells whether name is codec.System once everything is taken away that
// does not show: invisible characters, blanks around it, compatibility forms (NFKC), case.
func looksLikeSystem(name string) bool {
	seen := strings.Map(func(r rune) rune {
		if isInvisible(r) {
			return -1
		}
		return r
	}, name)
	return strings.EqualFold(strings.TrimFunc(norm.NFKC.String(seen), isBlank), codec.System)
}
