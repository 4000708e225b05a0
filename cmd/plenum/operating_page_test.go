package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	namedFlag    = regexp.MustCompile(`(?:^|[\s"'\x60(=])--(?:no-)?([a-z][a-z-]+)|PLENUM_([A-Z_]+)`)
	namedRefusal = regexp.MustCompile(`refused\{(\w+)\}`)
)

func TestOperatingNamesOnlySettingsThatExist(t *testing.T) {
	plainOnly(t, "the test starts no server")
	known := append(knownSettings(t), otherFlags...)
	for _, found := range namedFlag.FindAllStringSubmatch(operatingPage(t), -1) {
		name := found[1] + strings.ReplaceAll(strings.ToLower(strings.Trim(found[2], "_")), "_", "-")
		assert.True(t, name == "" || slices.Contains(known, name), "%s", found[0])
	}
}

// namedDefault matches a flag with its default, such as `--max-message` (64 KiB).
var namedDefault = regexp.MustCompile("`--([a-z-]+)` \\(([0-9][^)]*)\\)")

func TestTheDefaultsInOperatingAreThoseOfTheFlags(t *testing.T) {
	plainOnly(t, "no server runs here")
	defaults := map[string]string{}
	for _, s := range parsed(t, []string{"serve"}, nil).Settings {
		defaults[s.Name] = s.Value
	}
	found := namedDefault.FindAllStringSubmatch(operatingPage(t), -1)
	require.NotEmpty(t, found)
	for _, named := range found {
		value := strings.NewReplacer(" ", "", ",", "").Replace(named[2])
		if d, err := time.ParseDuration(value); err == nil {
			value = d.String()
		}
		assert.Equal(t, defaults[named[1]], value, named[0])
	}
}

func TestOperatingNamesOnlyRefusalsThatAreCounted(t *testing.T) {
	plainOnly(t, "the test starts no server")
	listed, err := os.ReadFile(reference)
	require.NoError(t, err)
	for _, found := range namedRefusal.FindAllStringSubmatch(operatingPage(t), -1) {
		assert.Contains(t, string(listed), "| `"+found[1]+"` |")
	}
}

// operatingPage returns the text of the page for operators.
func operatingPage(t *testing.T) string {
	t.Helper()
	return source(t, "cmd/plenum/OPERATING.md")
}

// operatingSection returns the text of OPERATING.md below a heading of the second level.
func operatingSection(t *testing.T, heading string) string {
	t.Helper()
	_, after, found := strings.Cut(operatingPage(t), "\n## "+heading+"\n")
	require.True(t, found, heading)
	before, _, _ := strings.Cut(after, "\n## ")
	return before
}

// knownSettings returns the names of all flags of serve.
func knownSettings(t *testing.T) []string {
	t.Helper()
	known := []string{"config", "print-config"}
	for _, s := range parsed(t, []string{"serve"}, nil).Settings {
		known = append(known, s.Name)
	}
	return known
}
