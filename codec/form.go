package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// form describes the fields of a JSON object that clients send. It only explains why an object was refused. sonic's own
// errors are of no use to clients, because they quote Go types.
type form []field

// field describes one key of a form.
type field struct {
	name    string
	must    string // the values that are allowed, in words: "a string"
	accepts func(value json.RawMessage) bool
}

const (
	mustBeString = "a string"
	mustBeJSON   = "JSON"
)

// explain returns an error that names the first invalid field in b, and the values it may have. If b has a
// valid id, explain returns that too.
func (f form) explain(b []byte) (id json.RawMessage, problem error) {
	d := json.NewDecoder(bytes.NewReader(b))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return nil, errors.New("expected a JSON object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return id, firstOf(problem, fmt.Errorf("expected a JSON object: %w", plain(err)))
		}
		name, _ := key.(string) // JSON has no other keys
		var value json.RawMessage
		err = d.Decode(&value)
		problem = firstOf(problem, f.check(name, value, err))
		if err != nil {
			return id, problem
		}
		if strings.ToLower(name) == "id" && len(value) <= maxID && isID(value) && string(value) != "null" {
			id = value
		}
	}
	if _, err := d.Token(); err != nil {
		return id, firstOf(problem, fmt.Errorf("expected a complete JSON object: %w", plain(err)))
	}
	switch {
	case problem != nil:
		return id, problem
	case !utf8.Valid(b):
		return id, errors.New("the input is not UTF-8")
	case len(bytes.TrimSpace(b[d.InputOffset():])) > 0:
		return id, errors.New("expected one JSON object, but more data follows it")
	}
	return id, errors.New("expected a JSON object with the fields " + f.names())
}

// check returns an error if the value of a key is invalid. err is the error of decoding the value, or nil.
func (f form) check(name string, value json.RawMessage, err error) error {
	i := slices.IndexFunc(f, func(k field) bool { return k.name == strings.ToLower(name) }) // the decoder ignores case
	if i < 0 {
		return fmt.Errorf("unknown field %.40q: the fields are %s", name, f.names())
	}
	must := f[i].name + " must be " + f[i].must
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", must, plain(err))
	case !utf8.Valid(value):
		return fmt.Errorf("%s: the value is not UTF-8", must)
	case !f[i].accepts(value):
		return errors.New(must)
	}
	return nil
}

// names returns the names of the fields as an enumeration.
func (f form) names() string {
	var all []string
	for _, k := range f {
		all = append(all, k.name)
	}
	if len(all) == 1 {
		return all[0]
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}

// plain returns err, or an error in plain words if the input ends too early.
func plain(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the input ends too early")
	}
	return err
}

// firstOf returns the first error that is not nil.
func firstOf(problem, another error) error {
	if problem != nil {
		return problem
	}
	return another
}

// isString reports whether a JSON value is a string or null. A key with null counts as absent.
func isString(value json.RawMessage) bool { return value[0] == '"' || value[0] == 'n' }

// isBool reports whether a JSON value is true, false or null.
func isBool(value json.RawMessage) bool { return value[0] == 't' || value[0] == 'f' || value[0] == 'n' }

// isJSON reports that any JSON value is allowed.
func isJSON(json.RawMessage) bool { return true }

// isID reports whether a JSON value has a type that an id may have.
func isID(value json.RawMessage) bool {
	return value[0] == '-' || '0' <= value[0] && value[0] <= '9' || isString(value)
}
