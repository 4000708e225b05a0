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

// operating is the page for operators.
const operating = "OPERATING.md"

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

func operatingPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(operating)
	require.NoError(t, err)
	return string(page)
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
