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

var (
	pageLink    = regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)
	pageHeading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	pageMetric  = regexp.MustCompile(`plenum_bus_(\w+)`)
	notInAnchor = regexp.MustCompile(`[^\w -]`)
)

// anchors returns the anchors of the headings of a Markdown page, as GitHub makes them.
func anchors(t *testing.T, page string) (found []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	for _, heading := range pageHeading.FindAllStringSubmatch(string(text), -1) {
		found = append(found, strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(heading[1]), ""), " ", "-"))
	}
	return found
}

func TestLinksOfTheClusterPageLeadSomewhere(t *testing.T) {
	text, err := os.ReadFile("CLUSTER.md")
	require.NoError(t, err)
	links := pageLink.FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, links)
	for _, link := range links {
		page := filepath.FromSlash(link[1])
		if page == "" {
			page = "CLUSTER.md"
		}
		assert.FileExists(t, page)
		if link[2] != "" {
			assert.Contains(t, anchors(t, page), link[2])
		}
	}
}

func TestTheClusterPageNamesMetricsAndVersionsOfTheCode(t *testing.T) {
	text, err := os.ReadFile("CLUSTER.md")
	require.NoError(t, err)
	metrics := map[string]bool{}
	for _, c := range Counters {
		metrics[c.Metric] = true
	}
	for _, name := range pageMetric.FindAllStringSubmatch(string(text), -1) {
		assert.True(t, metrics[name[1]], name[0])
	}
	assert.Contains(t, string(text), minClusterVersion)
	assert.Contains(t, string(text), streamName)
}
