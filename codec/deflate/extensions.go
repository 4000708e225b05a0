package deflate

import "strings"

// extension is an element of Sec-WebSocket-Extensions.
type extension struct {
	name   string
	params []param
}

type param struct {
	name, value string
	valued      bool // there is an =
}

func (e extension) has(name string) bool {
	for _, p := range e.params {
		if strings.EqualFold(p.name, name) {
			return true
		}
	}
	return false
}

// parse reads one line of Sec-WebSocket-Extensions by the grammar of RFC 6455 section 9.1:
// space may stand between any two tokens, and elements of a list may be empty, both as
// in RFC 2616 section 2.1. Not ok is a line that is not of that grammar.
func parse(line string) (list []extension, ok bool) {
	s := scanner{line}
	for {
		for s.take(',') {
		}
		if s.rest == "" {
			return list, true
		}
		e, ok := s.extension()
		if !ok || s.rest != "" && !s.take(',') {
			return nil, false
		}
		list = append(list, e)
	}
}

// scanner reads from the start of rest.
type scanner struct{ rest string }

func (s *scanner) space() { s.rest = strings.TrimLeft(s.rest, " \t") }

// take passes over c, where it comes next, and over the space around it.
func (s *scanner) take(c byte) bool {
	s.space()
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	s.space()
	return true
}

func (s *scanner) extension() (e extension, ok bool) {
	if e.name, ok = s.token(); !ok {
		return e, false
	}
	for s.take(';') {
		var p param
		if p.name, ok = s.token(); !ok {
			return e, false
		}
		if p.valued = s.take('='); p.valued {
			if p.value, ok = s.value(); !ok {
				return e, false
			}
		}
		e.params = append(e.params, p)
	}
	return e, true
}

func (s *scanner) token() (token string, ok bool) {
	n := 0
	for n < len(s.rest) && isToken(s.rest[n]) {
		n++
	}
	token, s.rest = s.rest[:n], s.rest[n:]
	return token, n > 0
}

// value reads a token or a quoted-string, which must be a token when it is unescaped.
func (s *scanner) value() (value string, ok bool) {
	if s.rest == "" || s.rest[0] != '"' {
		return s.token()
	}
	var b strings.Builder
	for i := 1; i < len(s.rest); i++ {
		c := s.rest[i]
		if c == '"' {
			s.rest = s.rest[i+1:]
			return b.String(), b.Len() > 0
		}
		if c == '\\' && i+1 < len(s.rest) {
			i++
			c = s.rest[i]
		}
		if !isToken(c) {
			return "", false
		}
		b.WriteByte(c)
	}
	return "", false
}

// isToken tells whether c may stand in a token (RFC 2616 section 2.2): it is printable
// and no separator.
func isToken(c byte) bool {
	return c > ' ' && c <= '~' && !strings.ContainsRune(`()<>@,;:\"/[]?={}`, rune(c))
}
