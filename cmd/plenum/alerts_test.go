package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"plenum/cmd/plenum/internal/access"
	"plenum/engine"
)

// alert is one rule of scripts/deploy/alerts.yaml, with the fields that Prometheus knows and this file uses.
type alert struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// alerts reads the rules. An unknown key is an error.
func alerts(t *testing.T) (all []alert) {
	t.Helper()
	text, err := os.ReadFile(deployed + "alerts.yaml")
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Name  string  `yaml:"name"`
			Rules []alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&file))
	for _, group := range file.Groups {
		require.NotEmpty(t, group.Name)
		all = append(all, group.Rules...)
	}
	require.NotEmpty(t, all)
	return all
}

var (
	alertName     = regexp.MustCompile(`^Plenum[A-Za-z]+$`)
	templateLabel = regexp.MustCompile(`\$labels\.(\w+)`)
	reasonsAsked  = regexp.MustCompile(`reason=~?"([^"]+)"`)
)

func TestEachAlertIsAWholeRuleAndLeadsToTheRunbook(t *testing.T) {
	plainOnly(t, "the test starts no server")
	entries := anchors(t, "cmd/plenum/OPERATING.md")
	names := map[string]bool{}
	for _, a := range alerts(t) {
		assert.Regexp(t, alertName, a.Alert)
		assert.False(t, names[a.Alert], "twice: %s", a.Alert)
		names[a.Alert] = true
		_, err := model.ParseDuration(a.For)
		require.NoError(t, err, a.Alert)
		assert.Contains(t, []string{"critical", "warning"}, a.Labels["severity"], a.Alert)
		assert.Len(t, a.Labels, 1, a.Alert)
		assert.Len(t, a.Annotations, 3, a.Alert)
		assert.NotEmpty(t, a.Annotations["summary"], a.Alert)
		assert.NotEmpty(t, a.Annotations["description"], a.Alert)
		anchor, found := strings.CutPrefix(a.Annotations["runbook"], "cmd/plenum/OPERATING.md#")
		assert.True(t, found && entries[anchor], "%s: no entry %s", a.Alert, a.Annotations["runbook"])
	}
}

// A rule with increase() misses the first step of a series that is not there from the start.
func TestEveryReasonOfARefusalIsExportedBeforeItOccurs(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, r := range engine.Refusals {
		assert.Equal(t, "0", s.metric(t, `plenum_refused_total{reason="`+r.Label+`"}`), r.Label)
	}
	for _, r := range access.Refusals {
		assert.Equal(t, "0", s.metric(t, `plenum_refused_total{reason="`+r.Refusal.Label()+`"}`), r.Refusal)
	}
}

// Prometheus itself creates the series named up.
func TestTheAlertsReadOnlySeriesThatExist(t *testing.T) {
	t.Parallel()
	all := exportedSeries(t)
	all["up"] = series{labels: []string{"instance", "job"}}
	listed, err := os.ReadFile(reference)
	require.NoError(t, err)
	for _, a := range alerts(t) {
		q := parse(t, a.Expr)
		labels := slices.Clone(q.left)
		for _, asked := range q.selects {
			has, exists := all[asked.name]
			require.True(t, exists, "%s: %s", a.Alert, asked.name)
			over := has.counter || strings.HasPrefix(a.Expr, "changes(")
			assert.Equal(t, over, asked.over, "%s: a counter needs a time range, a gauge only in changes(): %s", a.Alert, a.Expr)
			assert.Subset(t, has.labels, append(asked.labels, q.left...), "%s: %s", a.Alert, a.Expr)
			labels = append(labels, has.labels...)
		}
		for _, shown := range templateLabel.FindAllStringSubmatch(a.Annotations["summary"]+a.Annotations["description"], -1) {
			assert.Contains(t, labels, shown[1], a.Alert)
		}
		for _, found := range reasonsAsked.FindAllStringSubmatch(a.Expr, -1) {
			for reason := range strings.SplitSeq(found[1], "|") {
				assert.True(t, strings.Contains(string(listed), "| `"+reason+"` |"), "%s: no reason %s", a.Alert, reason)
			}
		}
	}
}

var alertRow = regexp.MustCompile("(?m)^\\| `(Plenum\\w+)` \\| (\\w+) \\| .+ \\| \\[.+\\]\\((#[\\w-]+)\\) \\|$")

func TestOperatingListsEveryAlert(t *testing.T) {
	plainOnly(t, "the test starts no server")
	var want, listed []string
	for _, a := range alerts(t) {
		want = append(want, strings.Join([]string{a.Alert, a.Labels["severity"], "cmd/plenum/OPERATING.md"}, " ")+strings.TrimPrefix(a.Annotations["runbook"], "cmd/plenum/OPERATING.md"))
	}
	for _, row := range alertRow.FindAllStringSubmatch(operatingSection(t, "Alerts"), -1) {
		listed = append(listed, row[1]+" "+row[2]+" cmd/plenum/OPERATING.md"+row[3])
	}
	assert.ElementsMatch(t, want, listed)
}
