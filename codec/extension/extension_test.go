package extension

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lines maps lines of the header to the text of their list. The numbers in the names are sections of RFC 6455, unless
// RFC 2616 is named. The text of an invalid line is "malformed".
var lines = map[string]struct{ line, text string }{
	"9.1 one":                       {"foo", "foo"},
	"9.1 several":                   {"foo, bar; baz=2", "foo, bar; baz=2"},
	"9.1 parameters":                {"bar; a; b=1; c", "bar; a; b=1; c"},
	"9.1 a parameter twice":         {"bar; a; a=1", "bar; a; a=1"},
	"9.1 the same name twice":       {"foo; a, foo", "foo; a, foo"},
	"9.1 quoted":                    {`foo; a="10"`, "foo; a=10"},
	"9.1 quoted and escaped":        {`foo; a="\1\0"`, "foo; a=10"},
	"9.1 quoted, no token":          {`foo; a="b,c"`, "malformed"},
	"9.1 quoted, empty":             {`foo; a=""`, "malformed"},
	"9.1 quoted, open":              {`foo; a="b`, "malformed"},
	"9.1 quoted, a bare backslash":  {`foo; a="b\`, "malformed"},
	"9.1 after the quotes":          {`foo; a="b"c`, "malformed"},
	"9.1 quoted name":               {`"foo"`, "malformed"},
	"9.1 no name":                   {"; a, foo", "malformed"},
	"9.1 no parameter":              {"foo;", "malformed"},
	"9.1 no parameter's name":       {"foo; =1", "malformed"},
	"9.1 no value":                  {"foo; a=", "malformed"},
	"9.1 two names":                 {"foo bar", "malformed"},
	"9.1 not ASCII":                 {"foo, é", "malformed"},
	"9.1 a control":                 {"foo, a\x00", "malformed"},
	"9.1 a separator":               {"foo, a/b", "malformed"},
	"9.1 an element after an error": {"foo;, bar", "malformed"},
	"RFC 2616 2.1 nothing":          {"", ""},
	"RFC 2616 2.1 space":            {" \tfoo\t;a = 10 ,bar ", "foo; a=10, bar"},
	"RFC 2616 2.1 empty elements":   {", ,foo,,", "foo"},
}

// text returns a list as a line of the header.
func text(list []Element) string {
	var b []byte
	for i, e := range list {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = e.Append(b)
	}
	return string(b)
}

func TestParseAcceptsExactlyTheGrammar(t *testing.T) {
	for name, tc := range lines {
		t.Run(name, func(t *testing.T) {
			list, ok := Parse(tc.line)
			require.Equal(t, tc.text != "malformed", ok)
			if !ok {
				assert.Nil(t, list)
				return
			}
			assert.Equal(t, tc.text, text(list))
		})
	}
}

func TestHasIgnoresCase(t *testing.T) {
	p := Params{{Name: "Max_Bits", Value: "9", Valued: true}}
	assert.True(t, p.Has("max_bits"))
	assert.False(t, p.Has("max"))
	assert.False(t, Params(nil).Has("max"))
}

func TestTokenIsNotEmptyAndHasNoSeparator(t *testing.T) {
	for s, want := range map[string]bool{"permessage-deflate": true, "x.y+z!": true, "": false, "a b": false, "a;b": false, "é": false, "a\n": false} {
		assert.Equal(t, want, IsToken(s), "%q", s)
	}
}

// FuzzParse checks that Parse never panics, and that a list does not change if it is written and parsed again.
func FuzzParse(f *testing.F) {
	for _, tc := range lines {
		f.Add(tc.line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		list, ok := Parse(line)
		if !ok {
			require.Nil(t, list)
			return
		}
		for _, e := range list {
			require.True(t, IsToken(e.Name))
			for _, p := range e.Params {
				require.True(t, IsToken(p.Name))
				require.Equal(t, p.Valued, IsToken(p.Value))
			}
		}
		again, ok := Parse(text(list))
		require.True(t, ok)
		require.Equal(t, list, again)
	})
}
