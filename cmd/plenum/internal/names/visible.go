package names

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkEnds refuses a name that begins or ends with a blank, or consists of blanks. People could not distinguish
// it from the name without the blanks.
func checkEnds(name string) error {
	if strings.TrimFunc(name, isBlank) == "" {
		return errInvisible
	}
	first, _ := utf8.DecodeRuneInString(name)
	last, _ := utf8.DecodeLastRuneInString(name)
	if isBlank(first) || isBlank(last) && !emojiEnd.MatchString(name) {
		return errEnds
	}
	return nil
}

// emojiEnd matches a name whose last emoji ends with invisible characters. They are a variation selector, which
// selects how a symbol is drawn, or the tags of a flag (UTS 51 sections 1.4.4 and 1.4.6).
var emojiEnd = regexp.MustCompile(`(?:\p{S}[\x{FE0E}\x{FE0F}]|\x{1F3F4}[\x{E0020}-\x{E007E}]+\x{E007F})$`)

// isBlank reports whether r is not visible by itself.
func isBlank(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) || unicode.Is(empty, r) }

// isInvisible reports whether r is a default-ignorable code point (Unicode section 5.21) or another format
// character. The few format characters that are visible, such as the Arabic number sign, are excepted.
// Go has no table of ignorable code points, but it has the tables from which the property is derived.
func isInvisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) &&
		!unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// isBidiControl reports whether r can change the order in which the surrounding text is displayed.
func isBidiControl(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }

// empty are characters with an empty shape that are neither white space nor ignorable. They are the
// braille pattern without dots, the blanks of Egyptian hieroglyphs, and the null notehead.
var empty = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0x13441, Hi: 0x13442, Stride: 1}, {Lo: 0x1d159, Hi: 0x1d159, Stride: 1}},
}
