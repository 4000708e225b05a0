package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// section is a section of the report. One without a body and without subsections is left out,
// with its text.
type section struct {
	title string
	text  string // below the heading
	body  string
	subs  []section
}

// empty reports whether the section is left out.
func (s section) empty() bool {
	return s.body == "" && !slices.ContainsFunc(s.subs, func(sub section) bool { return !sub.empty() })
}

// present returns the sections that are not left out, with their subsections.
func present(all []section) (kept []section) {
	for _, s := range all {
		if s.empty() {
			continue
		}
		s.subs = present(s.subs)
		kept = append(kept, s)
	}
	return kept
}

// write returns the section with its subsections. Level is the number of # of its heading.
func (s section) write(level int) string {
	texts := []string{strings.Repeat("#", level) + " " + s.title, s.text, s.body}
	for _, sub := range s.subs {
		texts = append(texts, sub.write(level+1))
	}
	return paragraphs(texts...)
}

// contents returns the table of contents.
func contents(all []section) string {
	var list strings.Builder
	for _, s := range all {
		fmt.Fprintf(&list, "- %s\n", s.link())
		for _, sub := range s.subs {
			fmt.Fprintf(&list, "  - %s\n", sub.link())
		}
	}
	return list.String()
}

func (s section) link() string { return fmt.Sprintf("[%s](#%s)", s.title, anchor(s.title)) }

// anchor returns the anchor that GitHub gives a heading.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}
