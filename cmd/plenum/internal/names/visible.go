package names

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkEnds refuses a name that begins or ends in a blank, and with it a name of blanks
// alone. Nobody could tell such a name from the one without them.
func checkEnds(name string) error {
	if strings.TrimFunc(name, isBlank) == "" {
		return errNothing
	}
	first, _ := utf8.DecodeRuneInString(name)
	last, _ := utf8.DecodeLastRuneInString(name)
	if isBlank(first) || isBlank(last) && !emojiEnd.MatchString(name) {
		return errEnds
	}
	return nil
}

// emojiEnd matches a name whose last character is an emoji that ends in invisible characters: one
// that selects how a symbol is drawn, or the tags of a flag (UTS 51 sections 1.4.4 and 1.4.6).
var emojiEnd = regexp.MustCompile(`(?:\p{S}[\x{FE0E}\x{FE0F}]|\x{1F3F4}[\x{E0020}-\x{E007E}]+\x{E007F})$`)

// isBlank tells whether r shows nothing by itself.
func isBlank(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) || unicode.Is(empty, r) }

// isInvisible tells whether r is a default-ignorable code point (Unicode section 5.21) or another
// format character, except the few of those that are drawn, such as the Arabic number sign.
// Go has no table of the ignorable code points, but has those that the property is derived from.
func isInvisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) &&
		!unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// isBidiControl tells whether r can change the order in which the text around it is shown.
func isBidiControl(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }

// empty is the characters that have an empty shape although they are neither white space nor
// ignorable: the braille pattern without dots, the blanks of Egyptian hieroglyphs, the null notehead.
var empty = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0x13441, Hi: 0x13442, Stride: 1}, {Lo: 0x1d159, Hi: 0x1d159, Stride: 1}},
}
