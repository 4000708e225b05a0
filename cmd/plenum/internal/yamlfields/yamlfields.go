// Package yamlfields reads YAML mappings whose keys are known. It refuses unknown and repeated keys. Its errors name the line
// and the whole key. They do not contain the value, which may be a secret.
package yamlfields

import (
	"encoding"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Reader reads the value of a key.
type Reader func(*yaml.Node) error

// Fields are the readers of a mapping's values, by key.
type Fields map[string]Reader

// Error is an error at a line of the YAML text.
type Error struct {
	Line int
	Key  string // from the outermost mapping on, like apps.limits.connections; empty: an element of a list
	Err  error
}

func (e *Error) Error() string {
	switch e.Err {
	case ErrUnknown:
		return fmt.Sprintf("unknown key %q", e.Key)
	case ErrTwice:
		return fmt.Sprintf("key %q is given twice", e.Key)
	}
	return fmt.Sprintf("key %q: %v", e.Key, e.Err)
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// The errors of a key itself.
var (
	ErrUnknown = errors.New("unknown key")
	ErrTwice   = errors.New("key is given twice")
)

// At returns err as an error of the value of key at line. If err is an error of a key in this value, its line and its
// key remain.
func At(line int, key string, err error) *Error {
	var inner *Error
	if errors.As(err, &inner) {
		return &Error{inner.Line, strings.Trim(key+"."+inner.Key, "."), inner.Err}
	}
	return &Error{line, key, err}
}

// Read reads the mapping node.
func (f Fields) Read(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return errors.New("must be a mapping, with a `key: value` per line")
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		read, known := f[key.Value]
		switch {
		case !known:
			return At(key.Line, key.Value, ErrUnknown)
		case seen[key.Value]:
			return At(key.Line, key.Value, ErrTwice)
		}
		seen[key.Value] = true
		if err := read(value); err != nil {
			return At(value.Line, key.Value, err)
		}
	}
	return nil
}

// List returns a Reader of a list, which calls each for each element.
func List(each Reader) Reader {
	return func(node *yaml.Node) error {
		if node.Kind != yaml.SequenceNode {
			return errors.New("must be a list")
		}
		for _, item := range node.Content {
			if err := each(item); err != nil {
				return At(item.Line, "", err)
			}
		}
		return nil
	}
}

// Text returns a Reader of a text.
func Text(to *string) Reader {
	return func(node *yaml.Node) error {
		if node.Kind != yaml.ScalarNode || node.ShortTag() == "!!null" {
			return errors.New("must be a text")
		}
		*to = node.Value
		return nil
	}
}

// Checked returns a Reader of a text for which check returns nil.
func Checked(to *string, check func(string) error) Reader {
	return func(node *yaml.Node) error {
		if err := Text(to)(node); err != nil {
			return err
		}
		return check(*to)
	}
}

// Texts returns a Reader of a list of texts, for each of which check returns nil.
func Texts(to *[]string, check func(string) error) Reader {
	return List(func(node *yaml.Node) error {
		var text string
		err := Checked(&text, check)(node)
		*to = append(*to, text)
		return err
	})
}

// Bool returns a Reader of true or false.
func Bool(to *bool) Reader {
	return func(node *yaml.Node) error {
		if node.ShortTag() != "!!bool" || node.Decode(to) != nil {
			return errors.New("must be true or false")
		}
		return nil
	}
}

// Int returns a Reader of a number from low to high.
func Int(to *int, low, high int) Reader {
	return func(node *yaml.Node) error {
		n, err := strconv.Atoi(node.Value)
		if err != nil || n < low || n > high {
			return fmt.Errorf("must be a number from %d to %d", low, high)
		}
		*to = n
		return nil
	}
}

// Parsed returns a Reader of a text that to parses.
func Parsed(to encoding.TextUnmarshaler) Reader {
	return func(node *yaml.Node) error {
		var text string
		if err := Text(&text)(node); err != nil {
			return err
		}
		return to.UnmarshalText([]byte(text))
	}
}
