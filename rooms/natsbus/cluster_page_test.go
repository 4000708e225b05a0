package natsbus

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var pageMetric = regexp.MustCompile(`plenum_bus_(\w+)`)

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
