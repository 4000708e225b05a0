package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/report"
)

const manual = "../../bench/README.md"

// TestTheManualsTablesOfOptionsAreThoseOfTheFlags: UPDATE_GOLDEN=1 writes them.
func TestTheManualsTablesOfOptionsAreThoseOfTheFlags(t *testing.T) {
	text, err := os.ReadFile(manual)
	require.NoError(t, err)
	want, err := report.Fill(text, optionTables())
	require.NoError(t, err)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(manual, want, 0o644))
		return
	}
	assert.Equal(t, string(want), string(text))
	for name := range optionTables() {
		assert.Contains(t, string(text), "<!-- generated: "+name+" -->")
	}
}

func TestTheManualNamesEachScenario(t *testing.T) {
	text, err := os.ReadFile(manual)
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(text), "\n## Scenarios\n")
	table, _, _ = strings.Cut(table, "\n## ")
	var named []string
	for line := range strings.Lines(table) {
		if row, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ := strings.Cut(row, "`")
			named = append(named, name)
		}
	}
	var scenarios []string
	for _, s := range commandNamed("run").Children {
		scenarios = append(scenarios, s.Name)
	}
	assert.ElementsMatch(t, scenarios, named)
}

// optionTables returns the generated parts of the manual by name.
func optionTables() map[string]string {
	run := commandNamed("run")
	var common, sending, own []option
	for _, o := range scenarioOptions(run) {
		switch {
		case len(o.scenarios) == len(run.Children):
			common = append(common, o)
		case slices.Equal(o.scenarios, sendingScenarios(run)):
			sending = append(sending, o)
		default:
			o.some = true
			own = append(own, o)
		}
	}
	return map[string]string{
		"exit-status":      statusTable(),
		"options-common":   optionTable(common, true),
		"options-sending":  optionTable(sending, true),
		"options-scenario": optionTable(own, true),
		"metrics":          metricTable(),
		"options-run":      optionTable(plainOptions(run), false),
		"options-bare":     optionTable(plainOptions(commandNamed("bare")), false),
		"options-suite":    optionTable(plainOptions(commandNamed("suite")), false),
		"options-agent":    optionTable(plainOptions(commandNamed("agent")), false),
		"options-compare":  optionTable(plainOptions(commandNamed("compare")), false),
		"options-html":     optionTable(plainOptions(commandNamed("html")), false),
		"options-report":   optionTable(plainOptions(commandNamed("report")), false),
		"metrics-run":      metricRows(),
	}
}

// metricRows is the table of the metrics of --prometheus.
func metricRows() string {
	var b strings.Builder
	b.WriteString("| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n")
	for _, m := range allLiveMetrics() {
		kind, labels := "gauge", ""
		if m.counter {
			kind = "counter"
		}
		if m == runInfo {
			labels = "`scenario` and the options"
		} else if len(m.labels) > 0 {
			labels = code(strings.Join(m.labels, "`, `"))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.name, kind, labels, m.help)
	}
	return b.String()
}

// statusTable is the table of the exit statuses.
func statusTable() string {
	var b strings.Builder
	b.WriteString("| status | verdict | meaning | use the figures? |\n| ---: | --- | --- | --- |\n")
	for _, s := range statuses {
		fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", s.code, s.verdict, flagName.ReplaceAllString(s.meaning, "`$0`"), s.use)
	}
	return b.String()
}

// flagName is the name of a flag in a text.
var flagName = regexp.MustCompile(`--[a-z-]+`)

func commandNamed(name string) *kong.Node {
	none := func(string) (string, bool) { return "", false }
	nodes := newParser(&tree{}, none, io.Discard, io.Discard).Model.Children
	return nodes[slices.IndexFunc(nodes, func(n *kong.Node) bool { return n.Name == name })]
}

// option is one row: a flag that means the same for all its scenarios.
type option struct {
	flag      *kong.Flag
	scenarios []string
	defaults  []string // one per scenario
	some      bool     // only some scenarios have it, which the table names
}

// scenarioOptions returns the flags of all scenarios, each once per meaning, in the order of
// the help.
func scenarioOptions(run *kong.Node) (all []option) {
	for _, scenario := range run.Children {
		for _, flag := range scenario.Flags {
			i := slices.IndexFunc(all, func(o option) bool { return o.flag.Name == flag.Name && o.flag.Help == flag.Help })
			if i < 0 {
				i = len(all)
				all = append(all, option{flag: flag})
			}
			all[i].scenarios = append(all[i].scenarios, scenario.Name)
			all[i].defaults = append(all[i].defaults, flag.Default)
		}
	}
	return all
}

// sendingScenarios returns the names of the scenarios with messages.
func sendingScenarios(run *kong.Node) (names []string) {
	for _, scenario := range run.Children {
		if slices.ContainsFunc(scenario.Flags, func(f *kong.Flag) bool { return f.Name == "payload" }) {
			names = append(names, scenario.Name)
		}
	}
	return names
}

func plainOptions(command *kong.Node) (all []option) {
	for _, flag := range command.Flags {
		if flag.Name != "help" {
			all = append(all, option{flag: flag, scenarios: []string{""}, defaults: []string{flag.Default}})
		}
	}
	return all
}

func optionTable(options []option, keys bool) string {
	var b strings.Builder
	head, line := "| option | default | meaning |\n", "| --- | --- | --- |\n"
	if keys {
		head, line = "| option | default | key in the result | meaning |\n", "| --- | --- | --- | --- |\n"
	}
	b.WriteString(head + line)
	for _, o := range options {
		cells := []string{"`" + o.name() + "`", o.defaultText()}
		if keys {
			cells = append(cells, o.key())
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(append(cells, strings.ReplaceAll(o.flag.Help, "|", `\|`)), " | "))
	}
	return b.String()
}

func (o option) name() string {
	if o.flag.Tag.Negatable != "" {
		return "--[no-]" + o.flag.Name
	}
	if o.flag.PlaceHolder != "" {
		return "--" + o.flag.Name + "=" + o.flag.PlaceHolder
	}
	return "--" + o.flag.Name
}

// defaultText is the default, or every default with its scenarios if they differ, or if only some
// scenarios have the option. Otherwise empty ones are left out.
func (o option) defaultText() string {
	same := slices.Compact(slices.Clone(o.defaults))
	if len(same) == 1 && !o.some {
		return code(same[0])
	}
	var byValue []string
	for i, value := range o.defaults {
		if value == "" && !o.some || slices.Index(o.defaults, value) < i {
			continue
		}
		var names []string
		for j, name := range o.scenarios {
			if o.defaults[j] == value {
				names = append(names, name)
			}
		}
		byValue = append(byValue, cmp.Or(code(value), "none")+" ("+strings.Join(names, ", ")+")")
	}
	return strings.Join(byValue, ", ")
}

func code(value string) string {
	if value == "" {
		return ""
	}
	return "`" + value + "`"
}

// key returns the path of the option's value in a result.
func (o option) key() string {
	name, _, _ := strings.Cut(o.flag.Tag.Get("json"), ",")
	switch {
	case o.flag.Name == "label":
		return "`labels`"
	case name == "-":
		return ""
	}
	return "`options." + name + "`"
}
