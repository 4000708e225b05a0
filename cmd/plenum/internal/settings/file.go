package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"gopkg.in/yaml.v3"

	"plenum/cmd/plenum/internal/yamlfields"
)

// readFile returns the values of the file by key. A value is a string, or a []any of strings for a list.
// Numbers and durations stay text, because they are parsed like the flags. A key that is not in keys is an error.
func readFile(path string, keys map[string]bool) (map[string]any, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pairs, err := mapping(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	values := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := addPair(values, keys, pairs[i], pairs[i+1]); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, err.Line, err)
		}
	}
	return values, nil
}

// mapping returns the keys and values of the YAML mapping in turn. It returns none for an empty file.
func mapping(data []byte) ([]*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc, rest yaml.Node
	err := decoder.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, malformed(err)
	}
	if !errors.Is(decoder.Decode(&rest), io.EOF) {
		return nil, errors.New("more than one document")
	}
	root := doc.Content[0]
	if root.ShortTag() == "!!null" {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: expected `key: value`", root.Line)
	}
	return root.Content, nil
}

// malformed returns the YAML error, but not the name of an unknown alias. The name may be a secret that
// begins with a star.
func malformed(err error) error {
	reason := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.HasPrefix(reason, "unknown anchor ") {
		reason = `a value that begins with * needs quotes`
	}
	return errors.New(reason)
}

func addPair(values map[string]any, keys map[string]bool, key, node *yaml.Node) *yamlfields.Error {
	if !keys[key.Value] {
		return yamlfields.At(key.Line, key.Value, yamlfields.ErrUnknown)
	}
	if _, twice := values[key.Value]; twice {
		return yamlfields.At(key.Line, key.Value, yamlfields.ErrTwice)
	}
	value, err := valueOf(key.Value, node)
	if err != nil {
		return yamlfields.At(key.Line, key.Value, err)
	}
	values[key.Value] = value
	return nil
}

// valueOf returns the value of a key. The values of nested keys are read here, because the flags know no mappings.
func valueOf(key string, node *yaml.Node) (any, error) {
	if read := nested[key]; read != nil && node.Kind == yaml.SequenceNode {
		return read(node)
	}
	return plain(node)
}

// nested has the functions that read the lists of mappings, by key.
var nested = map[string]func(*yaml.Node) (any, error){"apps": appsInYAML, "rooms": roomsInYAML}

func plain(node *yaml.Node) (any, error) {
	if node.Kind != yaml.SequenceNode {
		return scalar(node)
	}
	list := []any{}
	for _, item := range node.Content {
		text, err := scalar(item)
		if err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, nil
}

func scalar(node *yaml.Node) (string, error) {
	if node.Kind != yaml.ScalarNode {
		return "", errors.New("must be a value or a list of values")
	}
	if node.ShortTag() == "!!null" {
		return "", errors.New(`has no value; write "" for an empty value`)
	}
	return node.Value, nil
}
