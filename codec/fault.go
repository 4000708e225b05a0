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

// form is a JSON object that clients send. It is asked only about an object that was refused, for sonic's own
// errors quote its types.
type form []field

// field is a key of a form.
type field struct {
	name, must string // must is what its value must be
	takes      func(value json.RawMessage) bool
}

// mustBeString is what most fields must be.
const mustBeString = "a string"

// fault returns an error that names the field at fault and what it must be: the first one in b. If b has a
// valid id it returns that, too.
func (f form) fault(b []byte) (id json.RawMessage, fault error) {
	d := json.NewDecoder(bytes.NewReader(b))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return nil, errors.New("it must be a JSON object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return id, first(fault, fmt.Errorf("it must be a JSON object: %w", early(err)))
		}
		name, _ := key.(string) // a key is one
		var value json.RawMessage
		err = d.Decode(&value)
		fault = first(fault, f.faultOf(name, value, err))
		if err != nil {
			return id, fault
		}
		if strings.ToLower(name) == "id" && len(value) <= maxID && isID(value) && string(value) != "null" {
			id = value
		}
	}
	if _, err := d.Token(); err != nil {
		return id, first(fault, fmt.Errorf("it must be a whole JSON object: %w", early(err)))
	}
	switch {
	case fault != nil:
		return id, fault
	case !utf8.Valid(b):
		return id, errors.New("it must be UTF-8")
	case len(bytes.TrimSpace(b[d.InputOffset():])) > 0:
		return id, errors.New("it must be one JSON object, and nothing behind it")
	}
	return id, errors.New("it must be a JSON object of " + f.names())
}

// faultOf returns what is wrong with a value, which could not be decoded if err is not nil; nil: nothing.
func (f form) faultOf(name string, value json.RawMessage, err error) error {
	i := slices.IndexFunc(f, func(k field) bool { return k.name == strings.ToLower(name) }) // the decoder takes any case
	if i < 0 {
		return fmt.Errorf("there is no field %.40q: the fields are %s", name, f.names())
	}
	must := f[i].name + " must be " + f[i].must
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", must, early(err))
	case !utf8.Valid(value):
		return fmt.Errorf("%s: it is not UTF-8", must)
	case !f[i].takes(value):
		return errors.New(must)
	}
	return nil
}

// names lists the fields.
func (f form) names() string {
	var all []string
	for _, k := range f {
		all = append(all, k.name)
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}

// early is err in plain words if the input ends too early.
func early(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends too early")
	}
	return err
}

// first is fault if there is one, else another.
func first(fault, another error) error {
	if fault != nil {
		return fault
	}
	return another
}

// isString tells whether a value of JSON is a string or null, which is as if its key were absent.
func isString(value json.RawMessage) bool { return value[0] == '"' || value[0] == 'n' }

// isID tells whether a value of JSON may be an id by its type.
func isID(value json.RawMessage) bool {
	return value[0] == '-' || '0' <= value[0] && value[0] <= '9' || isString(value)
}
