package natsbus

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var pageMetric = regexp.MustCompile(`plenum_bus_(\w+)`)

func TestTheClusterPageSaysWhetherTheHighestRateWasMeasured(t *testing.T) {
	text, err := os.ReadFile("CLUSTER.md")
	require.NoError(t, err)
	benchmarks, err := os.ReadFile(filepath.FromSlash("../../BENCHMARKS.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(benchmarks), "\n### The highest rate\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n### ")
	assert.Equal(t, strings.Contains(section, "\nNot measured.\n"), strings.Contains(string(text), "was not measured for this version"))
}

func TestTheClusterPageNamesMetricsAndVersionsOfTheCode(t *testing.T) {
	text, err := os.ReadFile("CLUSTER.md")
	require.NoError(t, err)
	metrics := map[string]bool{StreamUp.Metric: true}
	for _, c := range Counters {
		metrics[c.Metric] = true
	}
	for _, name := range pageMetric.FindAllStringSubmatch(string(text), -1) {
		assert.True(t, metrics[name[1]], name[0])
	}
	assert.Contains(t, string(text), minClusterVersion)
	assert.Contains(t, string(text), StreamName)
}
