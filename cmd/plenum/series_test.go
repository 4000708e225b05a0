package main

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// isGolden expects text to be that of a file of testdata, which -update writes.
func isGolden(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile("testdata/"+file, []byte(text), 0o600))
	}
	want, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	assert.Equal(t, string(want), text)
}

// Dashboards, alerts and scripts of others ask for these names.
func TestSeriesAndStatusKeysKeepTheirNames(t *testing.T) {
	s := start(t, "--cluster="+startBroker(t, 0, t.TempDir()).ClientURL())
	dial(t, s, "/echo/raw").leaves()
	require.Eventually(t, func() bool { return s.metric(t, `plenum_closed_total{code="1000"}`) == "1" }, wait, tick)

	_, metrics := get(t, s.admin+"/metrics")
	isGolden(t, "metrics.txt", declared(metrics)+labelled(metrics))
	_, status := get(t, s.admin+"/status")
	isGolden(t, "status.txt", strings.Join(keys(t, json.NewDecoder(strings.NewReader(status)), ""), "\n")+"\n")
}

// declared is the lines of help and type of this server's own metrics.
func declared(metrics string) (lines string) {
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, "# HELP plenum_") || strings.HasPrefix(line, "# TYPE plenum_") {
			lines += line
		}
	}
	return lines
}

// labelled is the series of refusals and of the histogram, without their values.
func labelled(metrics string) (series string) {
	for line := range strings.Lines(metrics) {
		name, _, _ := strings.Cut(line, " ")
		if strings.HasPrefix(name, "plenum_refused_total{") || strings.HasPrefix(name, "plenum_fanout_seconds") {
			series += name + "\n"
		}
	}
	return series
}

// keys are the paths of all keys of the next value, in their order.
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
