package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/webhook"
	"plenum/engine"
	"plenum/rooms/natsbus"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// isGolden expects text to equal a file of testdata. -update writes the file.
func isGolden(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile("testdata/"+file, []byte(text), 0o600))
	}
	want, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	assert.Equal(t, string(want), text)
}

// Dashboards, alerts and scripts outside this repository use these names.
func TestSeriesAndStatusKeysKeepTheirNames(t *testing.T) {
	s := start(t, "--app=1:key:12345678", "--cluster="+startBroker(t, 0, t.TempDir()).ClientURL())
	dial(t, s, "/echo/raw").leaves()
	require.Eventually(t, func() bool { return s.metric(t, `plenum_closed_total{code="1000"}`) == "1" }, wait, tick)

	_, metrics := get(t, s.admin+"/metrics")
	isGolden(t, "metrics.txt", declared(metrics)+labelled(metrics))
	_, status := get(t, s.admin+"/status")
	isGolden(t, "status.txt", strings.Join(keys(t, json.NewDecoder(strings.NewReader(status)), ""), "\n")+"\n")
}

// declared returns the HELP and TYPE lines of plenum's own metrics.
func declared(metrics string) (lines string) {
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, "# HELP plenum_") || strings.HasPrefix(line, "# TYPE plenum_") {
			lines += line
		}
	}
	return lines
}

// labelled returns the series of refusals and of the histogram, without their values.
func labelled(metrics string) (series string) {
	for line := range strings.Lines(metrics) {
		name, _, _ := strings.Cut(line, " ")
		if strings.HasPrefix(name, "plenum_refused_total{") || strings.HasPrefix(name, "plenum_fanout_seconds") {
			series += name + "\n"
		}
	}
	return series
}

// keys returns the paths of all keys of the next value, in order.
func keys(t *testing.T, d *json.Decoder, path string) (all []string) {
	t.Helper()
	token, err := d.Token()
	require.NoError(t, err)
	switch token {
	case json.Delim('{'):
		for d.More() {
			name, err := d.Token()
			require.NoError(t, err)
			key := path + "." + name.(string)
			all = append(append(all, key), keys(t, d, key)...)
		}
	case json.Delim('['):
		for i := 0; d.More(); i++ {
			if inner := keys(t, d, path+"[]"); i == 0 {
				all = inner
			}
		}
	default:
		return nil
	}
	_, err = d.Token()
	require.NoError(t, err)
	return all
}

// reference is the page that lists the metrics and the refusals. -update writes it.
const reference = "METRICS.md"

const referenceHead = `# Metrics and reasons of refusals

These lists are generated from the tables in the code. To update them: ` + "`go test ./cmd/plenum -run Reference -update`" + `.

`

func TestTheMetricsReferenceMatchesTheTablesInTheCode(t *testing.T) {
	plainOnly(t, "names do not depend on TLS")
	s := start(t, "--app=1:key:12345678", "--cluster="+startBroker(t, 0, t.TempDir()).ClientURL())
	dial(t, s, "/echo/raw").leaves()
	require.Eventually(t, func() bool { return s.metric(t, `plenum_closed_total{code="1000"}`) == "1" }, wait, tick)
	_, metrics := get(t, s.admin+"/metrics")
	text := referenceHead + metricsTable(t, metrics) + refusalsTable() + dropsTable()
	if *update {
		require.NoError(t, os.WriteFile(reference, []byte(text), 0o600))
	}
	want, err := os.ReadFile(reference)
	require.NoError(t, err)
	assert.Equal(t, string(want), text)
}

// metricsTable returns a table with a row for each of plenum's own metrics.
func metricsTable(t *testing.T, metrics string) string {
	t.Helper()
	keys := map[string]string{}
	for _, c := range counters() {
		if c.Key != "" {
			keys["plenum_"+c.Metric] = "`" + c.Key + "`"
		}
	}
	for _, c := range natsbus.Counters {
		if c.Key != "" {
			keys["plenum_bus_"+c.Metric] = "`cluster." + c.Key + "`"
		}
	}
	rows := "## Metrics\n\nThe last column is the key of the same value in `/status`.\n\n| metric | type | meaning | key |\n| --- | --- | --- | --- |\n"
	for _, m := range declarations.FindAllStringSubmatch(metrics, -1) {
		rows += fmt.Sprintf("| `%s` | %s | %s | %s |\n", m[1], m[3], m[2], keys[m[1]])
	}
	return rows
}

var declarations = regexp.MustCompile(`(?m)^# HELP (plenum_\w+) (.*)\n# TYPE \w+ (\w+)$`)

// refusalsTable returns a table with a row for each reason of plenum_refused_total.
func refusalsTable() string {
	rows := "\n## Reasons of plenum_refused_total\n\nIn `/status` they are the keys of `refused`. If a reason has a close code and a status, only the closed connections are counted.\n[The runbook](OPERATING.md#runbook) has causes and remedies.\n\n| reason | the client gets | why |\n| --- | --- | --- |\n"
	for _, r := range engine.Refusals {
		gets := ""
		switch {
		case r.Status != 0:
			gets = fmt.Sprint("status ", r.Status)
		case r.Code != 0:
			gets = fmt.Sprintf("close code %d `%s`", r.Code, r.Text)
		}
		rows += fmt.Sprintf("| `%s` | %s | %s |\n", r.Label, gets, r.Help)
	}
	for _, r := range access.Refusals {
		gets := fmt.Sprintf("close code 1008 `%s`", r.Refusal)
		switch {
		case r.Refusal == access.ForeignHost:
			gets = fmt.Sprint("status ", r.Status)
		case r.Status != 0:
			gets += fmt.Sprint(", or status ", r.Status)
		}
		rows += fmt.Sprintf("| `%s` | %s | %s |\n", r.Refusal.Label(), gets, r.Help)
	}
	return rows
}

// dropsTable returns a table with a row for each reason of plenum_webhook_dropped_total.
func dropsTable() string {
	rows := "\n## Reasons of plenum_webhook_dropped_total\n\n| reason | why |\n| --- | --- |\n"
	for _, r := range webhook.Reasons {
		rows += fmt.Sprintf("| `%s` | %s |\n", r.Label, r.Help)
	}
	return rows
}

var (
	seriesOf = regexp.MustCompile(`plenum_\w+`)
	reasonOf = regexp.MustCompile(`plenum_refused_total\{reason="(\w+)"\}`)
)

// documents are the pages that may name metrics.
var documents = []string{"OPERATING.md", "../../codec/PROTOCOL.md", "../../rooms/natsbus/CLUSTER.md"}

func TestTheDocumentsNameOnlyMetricsAndReasonsOfTheReference(t *testing.T) {
	listed, err := os.ReadFile(reference)
	require.NoError(t, err)
	isListed := func(name string) bool {
		base := strings.TrimSuffix(name, "_bucket") // a series of a histogram
		return strings.Contains(string(listed), "| `"+base+"` |")
	}
	for _, document := range documents {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		for _, name := range seriesOf.FindAllString(string(text), -1) {
			assert.True(t, isListed(name), "%s: %s is not in %s", document, name, reference)
		}
		for _, found := range reasonOf.FindAllStringSubmatch(string(text), -1) {
			assert.True(t, isListed(found[1]), "%s: the reason %s is not in %s", document, found[1], reference)
		}
	}
}

var (
	slowKeys = regexp.MustCompile(`(?s)const slow = \{(.*?)\};`)
	keyOf    = regexp.MustCompile(`(\w+): '`)
	readKeys = regexp.MustCompile(`\bnow\.(\w+)|\b(?:rate|more)\('(\w+)'\)`)
)

func TestTheOperationsPageReadsOnlyKeysThatStatusHas(t *testing.T) {
	status, err := os.ReadFile("testdata/status.txt")
	require.NoError(t, err)
	const static = "internal/console/static/"
	tables, err := os.ReadFile(static + "tables.js")
	require.NoError(t, err)
	slow := keyOf.FindAllStringSubmatch(slowKeys.FindString(string(tables)), -1)
	require.NotEmpty(t, slow)
	for _, found := range slow {
		assert.Contains(t, string(status), "."+found[1]+"\n")
	}
	figures, err := os.ReadFile(static + "figures.js")
	require.NoError(t, err)
	read := readKeys.FindAllStringSubmatch(string(figures), -1)
	require.NotEmpty(t, read)
	for _, found := range read {
		if key := found[1] + found[2]; key != "total" && key != "within" && key != "bounds_seconds" { // of fan_out, as now of a quantile
			assert.Contains(t, string(status), "\n."+key+"\n")
		}
	}
}
