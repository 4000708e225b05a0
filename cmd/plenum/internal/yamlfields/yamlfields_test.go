package yamlfields_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"plenum/cmd/plenum/internal/yamlfields"
)

// read reads a text with the keys text, on, n, list and inner.x.
func read(t *testing.T, text string) (line int, err error) {
	t.Helper()
	var doc yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &doc))
	var (
		word  string
		on    bool
		n     int
		words []string
	)
	short := func(text string) error {
		if len(text) > 3 {
			return errors.New("must be short")
		}
		return nil
	}
	err = yamlfields.Fields{
		"text":  yamlfields.Checked(&word, short),
		"on":    yamlfields.Bool(&on),
		"n":     yamlfields.Int(&n, 1, 9),
		"list":  yamlfields.Texts(&words, short),
		"inner": yamlfields.Fields{"x": yamlfields.Int(&n, 1, 9)}.Read,
	}.Read(doc.Content[0])
	var at *yamlfields.Error
	if errors.As(err, &at) {
		return at.Line, err
	}
	return 0, err
}

func TestErrorsNameTheLineAndTheWholeKey(t *testing.T) {
	for _, tc := range []struct {
		text string
		line int
		want string
	}{
		{"text: a\non: true\nn: 1\nlist: [a, b]\ninner: {x: 2}", 0, ""},
		{"text: a\ntxt: b", 2, `unknown key "txt"`},
		{"text: a\ntext: b", 2, `key "text" is given twice`},
		{"text: abcd", 1, `key "text": must be short`},
		{"text:", 1, `key "text": must be a text`},
		{"on: 1", 1, `key "on": must be true or false`},
		{"on: \"true\"", 1, `key "on": must be true or false`},
		{"n: 10", 1, `key "n": must be a number from 1 to 9`},
		{"n: [1]", 1, `key "n": must be a number from 1 to 9`},
		{"list:\n- a\n- abcd", 3, `key "list": must be short`},
		{"list: a", 1, `key "list": must be a list`},
		{"inner:\n  x: 1\n  y: 1", 3, `unknown key "inner.y"`},
		{"inner:\n  x: 0", 2, `key "inner.x": must be a number from 1 to 9`},
		{"inner: x", 1, "key \"inner\": must be a mapping, with a `key: value` per line"},
		{"a: &a 1\nn: *a", 1, `unknown key "a"`},
	} {
		line, err := read(t, tc.text)
		assert.Equal(t, tc.line, line, tc.text)
		if tc.want == "" {
			assert.NoError(t, err)
			continue
		}
		assert.EqualError(t, err, tc.want)
	}
}
