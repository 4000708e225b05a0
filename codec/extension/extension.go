// Package extension parses and writes the header Sec-WebSocket-Extensions (RFC 6455 section 9.1). In this header a client
// offers extensions, and a server answers which of them are in use.
//
// Its functions work on strings, keep no state, and may be called from any goroutine. The package knows no particular extension.
package extension

import "strings"

// Element is one extension of the header's list.
type Element struct {
	Name   string
	Params Params
}

// Param is a parameter of an Element.
type Param struct {
	Name, Value string
	Valued      bool // the parameter has a value, after =
}

// Params are the parameters of one Element, in the order of the header.
type Params []Param

// Has reports whether p has a parameter of that name. It ignores case.
func (p Params) Has(name string) bool {
	for _, param := range p {
		if strings.EqualFold(param.Name, name) {
			return true
		}
	}
	return false
}

// Append appends e in the syntax of the header. All names and values must be tokens.
func (e Element) Append(dst []byte) []byte {
	dst = append(dst, e.Name...)
	for _, p := range e.Params {
		dst = append(append(dst, "; "...), p.Name...)
		if p.Valued {
			dst = append(append(dst, '='), p.Value...)
		}
	}
	return dst
}

// Parse parses one line of the header. Any two tokens may have space between them, and elements of the list may be
// empty (RFC 2616 section 2.1). If the line is malformed, ok is false and list is nil.
func Parse(line string) (list []Element, ok bool) {
	s := scanner{line}
	for {
		for s.take(',') {
		}
		if s.rest == "" {
			return list, true
		}
		e, ok := s.element()
		if !ok || s.rest != "" && !s.take(',') {
			return nil, false
		}
		list = append(list, e)
	}
}

// scanner consumes rest from its start.
type scanner struct{ rest string }

func (s *scanner) space() { s.rest = strings.TrimLeft(s.rest, " \t") }

// take skips c and the space around it, if c is next. It reports whether c was next.
func (s *scanner) take(c byte) bool {
	s.space()
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	s.space()
	return true
}

func (s *scanner) element() (e Element, ok bool) {
	if e.Name, ok = s.token(); !ok {
		return e, false
	}
	for s.take(';') {
		p, ok := s.param()
		if !ok {
			return e, false
		}
		e.Params = append(e.Params, p)
	}
	return e, true
}

func (s *scanner) param() (p Param, ok bool) {
	if p.Name, ok = s.token(); !ok {
		return p, false
	}
	if p.Valued = s.take('='); p.Valued {
		p.Value, ok = s.value()
	}
	return p, ok
}

func (s *scanner) token() (token string, ok bool) {
	n := 0
	for n < len(s.rest) && isTokenByte(s.rest[n]) {
		n++
	}
	token, s.rest = s.rest[:n], s.rest[n:]
	return token, n > 0
}

// value reads a token or a quoted-string. The quoted-string must be a token once it is unescaped.
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
		if !isTokenByte(c) {
			return "", false
		}
		b.WriteByte(c)
	}
	return "", false
}

// IsToken reports whether s is a token (RFC 2616 section 2.2), as names and values must be.
func IsToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

// isTokenByte reports whether a token may contain c: printable ASCII, except separators.
func isTokenByte(c byte) bool {
	return c > ' ' && c <= '~' && !strings.ContainsRune(`()<>@,;:\"/[]?={}`, rune(c))
}
