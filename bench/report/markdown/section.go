package markdown

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Section is a section of a document. One without a body and without subsections is left out,
// with its text.
type Section struct {
	Title string
	Text  string // below the heading
	Body  string
	Subs  []Section
}

// Empty reports whether the section is left out.
func (s Section) Empty() bool {
	return s.Body == "" && !slices.ContainsFunc(s.Subs, func(sub Section) bool { return !sub.Empty() })
}

// Present returns the sections that are not left out, with their subsections.
func Present(all []Section) (kept []Section) {
	for _, s := range all {
		if s.Empty() {
			continue
		}
		s.Subs = Present(s.Subs)
		kept = append(kept, s)
	}
	return kept
}

// Write returns the section with its subsections. Level is the number of # of its heading.
func (s Section) Write(level int) string {
	texts := []string{strings.Repeat("#", level) + " " + s.Title, s.Text, s.Body}
	for _, sub := range s.Subs {
		texts = append(texts, sub.Write(level+1))
	}
	return Paragraphs(texts...)
}

// Contents returns the table of contents.
func Contents(all []Section) string {
	var list strings.Builder
	for _, s := range all {
		fmt.Fprintf(&list, "- %s\n", s.Link())
		for _, sub := range s.Subs {
			fmt.Fprintf(&list, "  - %s\n", sub.Link())
		}
	}
	return list.String()
}

func (s Section) Link() string { return fmt.Sprintf("[%s](#%s)", s.Title, anchor(s.Title)) }

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
