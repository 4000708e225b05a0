package main

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"

	"plenum/bench"
)

// stagesKey is the key of --stage in a scenario file.
const stagesKey = "stages"

// keyOf returns the key of a flag in a scenario file.
func keyOf(flag string) string {
	if flag == "stage" {
		return stagesKey
	}
	return flag
}

// withFile reads and checks the scenario file that the arguments or the environment name. It returns the
// arguments with the scenario of the file. If there is no file, it returns nil and args.
func withFile(args []string, env func(string) (string, bool)) (*scenarioFile, []string, error) {
	path, given := fileArgument(args, env)
	if !given {
		return nil, args, nil
	}
	f, err := readFile(path)
	if err != nil {
		return nil, nil, err
	}
	none := func(string) (string, bool) { return "", false }
	if err := f.check(commandOf(newParser(&tree{}, none, io.Discard, io.Discard).Model, "run")); err != nil {
		return nil, nil, err
	}
	if len(args) > 1 && !strings.HasPrefix(args[1], "-") {
		if args[1] != f.scenario {
			return nil, nil, fmt.Errorf("%s: has the scenario %q, but the command line has %q", path, f.scenario, args[1])
		}
		return f, args, nil
	}
	return f, slices.Insert(slices.Clone(args), 1, f.scenario), nil
}

// resolvers returns the resolver of the file's values. f may be nil.
func (f *scenarioFile) resolvers() []kong.Resolver {
	if f == nil {
		return nil
	}
	return []kong.Resolver{f}
}

// keep returns a scenario that runs s and puts the file into the result. f may be nil.
func (f *scenarioFile) keep(s bench.Scenario) bench.Scenario {
	if f == nil {
		return s
	}
	return fromFile{s, f.kept}
}

// fileArgument returns the value of --file of plenum-bench run, from the arguments or the environment. It is
// needed before the arguments are parsed.
func fileArgument(args []string, env func(string) (string, bool)) (path string, given bool) {
	if len(args) == 0 || args[0] != "run" {
		return "", false
	}
	for i, arg := range args {
		if arg == "--file" && i+1 < len(args) {
			return args[i+1], true
		}
		if value, ok := strings.CutPrefix(arg, "--file="); ok {
			return value, true
		}
	}
	return env(variable("file"))
}

// check returns an error if the scenario of the file is unknown, or cannot have one of the keys or values of
// the file. run is the command that has the scenarios.
func (f *scenarioFile) check(run *kong.Node) error {
	i := slices.IndexFunc(run.Children, func(n *kong.Node) bool { return n.Name == f.scenario })
	if i < 0 {
		return fmt.Errorf("%s: unknown scenario %q; plenum-bench run --help lists them", f.path, f.scenario)
	}
	flags := slices.Concat(run.Flags, run.Children[i].Flags)
	for _, key := range f.inOrder() {
		e := f.entries[key]
		if line, reason := f.checkEntry(flags, key, e); reason != "" {
			return f.at(line, key, reason)
		}
	}
	return nil
}

// inOrder returns the keys in the order of the file.
func (f *scenarioFile) inOrder() (keys []string) {
	for key := range f.entries {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return f.entries[a].line - f.entries[b].line })
	return keys
}

// checkEntry returns why a key or its value is wrong, and the line. reason is empty if both are right.
func (f *scenarioFile) checkEntry(flags []*kong.Flag, key string, e entry) (line int, reason string) {
	i := slices.IndexFunc(flags, func(flag *kong.Flag) bool { return keyOf(flag.Name) == key })
	renamed := slices.IndexFunc(flags, func(flag *kong.Flag) bool { return flag.Name == key || slices.Contains(flag.Aliases, key) })
	switch {
	case key == "app", key == "token-secret", key == "header":
		return e.line, "may have a secret, and the file is kept in the result: use --" + key + " or " + variable(key)
	case i < 0 && renamed >= 0:
		return e.line, "unknown key, use " + keyOf(flags[renamed].Name)
	case i < 0, key == "file", key == "help":
		return e.line, "unknown key of " + f.scenario
	}
	if line, err := parses(flags[i], e.value); err != nil {
		return line, strings.TrimPrefix(oneLine(err), "--"+flags[i].Name+": ")
	}
	return 0, ""
}

// parses returns an error if a value of the file cannot be a value of the flag, and the line of the error.
func parses(flag *kong.Flag, value *yaml.Node) (line int, err error) {
	if flag.IsMap() && value.Kind == yaml.MappingNode {
		_, err := labelsOf(value)
		return value.Line, err
	}
	texts, err := textsOf(value)
	switch {
	case err != nil:
		return value.Line, err
	case value.Kind == yaml.SequenceNode && !flag.IsSlice():
		return value.Line, errors.New("must be one value, not a list")
	}
	for i, text := range texts {
		scan := kong.Scan().PushTyped(text, kong.FlagValueToken)
		if err := flag.Parse(scan, reflect.New(flag.Target.Type()).Elem()); err != nil {
			return lineOf(value, i), err
		}
	}
	return 0, nil
}

// lineOf returns the line of element i of a list, or of a value that is no list.
func lineOf(value *yaml.Node, i int) int {
	if value.Kind == yaml.SequenceNode {
		return value.Content[i].Line
	}
	return value.Line
}

// labelsOf returns a mapping of the file as a map. Each value must be one text.
func labelsOf(value *yaml.Node) (map[string]any, error) {
	labels := map[string]any{}
	for i := 0; i+1 < len(value.Content); i += 2 {
		texts, err := textsOf(value.Content[i+1])
		if err != nil || len(texts) != 1 {
			return nil, errors.New("must have one text per key")
		}
		labels[value.Content[i].Value] = texts[0]
	}
	return labels, nil
}

// Validate implements kong.Resolver. It does nothing, because check has checked the file.
func (f *scenarioFile) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver. It returns the value of a flag in the file, in the form of the
// command line.
func (f *scenarioFile) Resolve(_ *kong.Context, part *kong.Path, flag *kong.Flag) (any, error) {
	e, given := f.entries[keyOf(flag.Name)]
	if !given || part.Command == nil {
		return nil, nil
	}
	if flag.IsMap() && e.value.Kind == yaml.MappingNode {
		return labelsOf(e.value)
	}
	texts, err := textsOf(e.value)
	switch {
	case err != nil:
		return nil, err
	case e.value.Kind != yaml.SequenceNode:
		return texts[0], nil
	case flag.Tag.Sep != -1:
		return kong.JoinEscaped(texts, flag.Tag.Sep), nil
	}
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list, nil
}

// locate returns reason, an error about a flag. If the value of the flag is from the file, locate replaces
// the flag at the beginning by the file, the line and the key. f may be nil.
func (f *scenarioFile) locate(reason string, args []string, env func(string) (string, bool)) string {
	rest, isFlag := strings.CutPrefix(reason, "--")
	end := strings.IndexAny(rest, ": ")
	if f == nil || !isFlag || end < 0 {
		return reason
	}
	name := rest[:end]
	e, given := f.entries[keyOf(name)]
	onLine := slices.ContainsFunc(args, func(arg string) bool { return arg == "--"+name || strings.HasPrefix(arg, "--"+name+"=") })
	if _, inEnvironment := env(variable(name)); !given || onLine || inEnvironment {
		return reason
	}
	return f.at(e.line, keyOf(name), strings.TrimLeft(rest[end:], ": ")).Error()
}
