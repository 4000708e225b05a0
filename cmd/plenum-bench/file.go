package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"plenum/bench"
	"plenum/bench/drive"
)

// maxFile bounds the size of a scenario file, because its content is kept in the result.
const maxFile = 64 << 10

// scenarioFile is a YAML file with a scenario and values of its flags.
type scenarioFile struct {
	path     string
	kept     bench.ScenarioFile
	scenario string
	entries  map[string]entry // by key, without scenarioKey
}

// entry is a key of a scenario file with its value.
type entry struct {
	line  int
	value *yaml.Node
}

// scenarioKey is the key that names the scenario.
const scenarioKey = "scenario"

// readFile reads a scenario file. Its errors name the file, and the line if there is one.
func readFile(path string) (*scenarioFile, error) {
	content, err := os.ReadFile(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("--file: %w", err)
	case len(content) > maxFile:
		return nil, fmt.Errorf("%s: has %d bytes, at most %d are possible", path, len(content), maxFile)
	case !utf8.Valid(content):
		return nil, fmt.Errorf("%s: is not UTF-8", path)
	}
	f := &scenarioFile{path: path, kept: bench.ScenarioFile{Name: filepath.Base(path), Content: string(content)}, entries: map[string]entry{}}
	pairs, err := mapping(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		key := pairs[i]
		if _, twice := f.entries[key.Value]; twice {
			return nil, f.at(key.Line, key.Value, "is given twice")
		}
		f.entries[key.Value] = entry{key.Line, pairs[i+1]}
	}
	return f, f.readScenario()
}

// mapping returns the keys and values of a YAML mapping in turn.
func mapping(content []byte) ([]*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var document, rest yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("is empty; it needs a scenario: and the scenario's options")
	case err != nil:
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	case !errors.Is(decoder.Decode(&rest), io.EOF):
		return nil, errors.New("has more than one document")
	case document.Content[0].Kind != yaml.MappingNode:
		return nil, fmt.Errorf("line %d: must have a `key: value` per line", document.Content[0].Line)
	}
	return document.Content[0].Content, nil
}

// readScenario moves the name of the scenario from the entries to f.scenario.
func (f *scenarioFile) readScenario() error {
	named, given := f.entries[scenarioKey]
	if !given {
		return fmt.Errorf("%s: has no key %q, such as `scenario: fan-hot`", f.path, scenarioKey)
	}
	texts, err := textsOf(named.value)
	if err != nil || len(texts) != 1 {
		return f.at(named.line, scenarioKey, "must be the name of a scenario")
	}
	delete(f.entries, scenarioKey)
	f.scenario = texts[0]
	return nil
}

// at returns an error about a key or its value, with the path and the line.
func (f *scenarioFile) at(line int, key, reason string) error {
	return fmt.Errorf("%s: line %d: %s: %s", f.path, line, key, reason)
}

// textsOf returns the texts of a value, or of each value of a list.
func textsOf(node *yaml.Node) (texts []string, err error) {
	if node.Kind == yaml.SequenceNode {
		for _, item := range node.Content {
			if item.Kind == yaml.SequenceNode {
				return nil, errors.New("must not be a list of lists")
			}
			text, err := textsOf(item)
			if err != nil {
				return nil, err
			}
			texts = append(texts, text...)
		}
		return texts, nil
	}
	switch {
	case node.Kind != yaml.ScalarNode:
		return nil, errors.New("must be a value or a list of values")
	case node.ShortTag() == "!!null":
		return nil, errors.New(`has no value; write "" for an empty text`)
	}
	return []string{node.Value}, nil
}

// fromFile is a scenario whose options come from a file. The file is kept in the result.
type fromFile struct {
	bench.Scenario
	file bench.ScenarioFile
}

// Run implements [bench.Scenario].
func (s fromFile) Run(ctx context.Context, d *drive.Driver) (*bench.Result, error) {
	r, err := s.Scenario.Run(ctx, d)
	if err == nil {
		r.ScenarioFile = &s.file
	}
	return r, err
}

// MarshalJSON implements json.Marshaler. The JSON form is that of the options, as without a file.
func (s fromFile) MarshalJSON() ([]byte, error) { return json.Marshal(s.Scenario) }
