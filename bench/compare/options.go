package compare

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"plenum/bench"
)

// comparedOptions returns the options of a run that must be the same in both groups. Options that only say
// how the server is reached are left out. An option that is off is left out too, because older results may
// not have it.
func comparedOptions(r *bench.Result) map[string]any {
	options := map[string]any{}
	whole, _ := r.Options.(map[string]any)
	for name, value := range whole {
		if !bench.IsAddressing(name) && !isOff(value) {
			options[name] = value
		}
	}
	if url, _ := whole["url"].(string); strings.HasPrefix(url, "wss:") {
		options["tls"] = true
	}
	if nodes, _ := whole["nodes"].([]any); len(nodes) > 1 {
		options["nodes"] = float64(len(nodes))
	}
	return options
}

// isOff reports whether the value of an option is its zero value.
func isOff(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == "" || v == "0s"
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return reflect.ValueOf(value).IsZero()
}

// Difference is an option, or a property of the machine, that differs between A and B.
type Difference struct {
	Name string `json:"name"`
	A    string `json:"a"`
	B    string `json:"b"`
}

func (d Difference) String() string {
	return fmt.Sprintf("%s is %s in A and %s in B", d.Name, d.A, d.B)
}

// OptionsThatDiffer returns the names of the options that differ.
func OptionsThatDiffer(a, b map[string]any) (names []string) {
	for _, d := range differences(a, b) {
		names = append(names, d.Name)
	}
	return names
}

// differences returns the options that differ, in the order of their names.
func differences(a, b map[string]any) []Difference {
	list := []Difference{}
	names := slices.Concat(slices.Collect(maps.Keys(a)), slices.Collect(maps.Keys(b)))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if !reflect.DeepEqual(a[name], b[name]) {
			list = append(list, Difference{name, OptionText(a[name]), OptionText(b[name])})
		}
	}
	return list
}

// OptionText formats the value of an option, as it was read from JSON.
func OptionText(value any) string {
	switch v := value.(type) {
	case nil:
		return "not set"
	case string:
		return v
	case []any:
		if texts := textsOf(v); len(texts) > 0 {
			return strings.Join(texts, ", ")
		}
	}
	text, _ := json.Marshal(value) // cannot fail, because the value was read from JSON
	return string(text)
}

// textsOf returns the elements of a list of texts. It returns nil for any other list.
func textsOf(list []any) (texts []string) {
	for _, one := range list {
		text, ok := one.(string)
		if !ok {
			return nil
		}
		texts = append(texts, text)
	}
	return texts
}

// machineDifferences returns the properties of machine and generator that differ between two sides.
func machineDifferences(a, b *Side) []Difference {
	list := []Difference{}
	for _, property := range []struct {
		name string
		of   func(*bench.Result) any
	}{
		{"cpu", func(r *bench.Result) any { return r.Environment.CPU }},
		{"cores", func(r *bench.Result) any { return r.Environment.Cores }},
		{"memory", func(r *bench.Result) any { return r.Environment.MemoryBytes }},
		{"kernel", func(r *bench.Result) any { return r.Environment.Kernel }},
		{"go", func(r *bench.Result) any { return r.Environment.Go }},
		{"commit of plenum-bench", func(r *bench.Result) any { return r.Environment.Commit }},
	} {
		if inA, inB := a.distinct(property.of), b.distinct(property.of); inA != inB && inA != "" && inB != "" {
			list = append(list, Difference{property.name, inA, inB})
		}
	}
	return list
}

// distinct returns the different values of a property over all runs, as one text.
func (s *Side) distinct(of func(*bench.Result) any) string {
	var values []string
	for _, g := range s.Groups {
		for _, r := range slices.Concat(g.Counted(), g.Unused) {
			values = append(values, fmt.Sprint(of(r)))
		}
	}
	slices.Sort(values)
	return strings.Join(slices.Compact(values), ", ")
}
