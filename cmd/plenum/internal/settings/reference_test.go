package settings

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// operating is the page that lists all settings. -update writes the list.
const operating = "../../OPERATING.md"

const (
	listBegins = "<!-- generated: settings, by go test ./cmd/plenum/internal/settings -update -->\n"
	listEnds   = "<!-- end of the settings -->\n"
)

func TestOperatingListsAllSettingsAsTheFlagsDeclareThem(t *testing.T) {
	page, err := os.ReadFile(operating)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(page), listBegins)
	require.True(t, found, "no %s", listBegins)
	list, after, found := strings.Cut(rest, listEnds)
	require.True(t, found, "no %s", listEnds)
	want := settingsList(t)
	if *update {
		require.NoError(t, os.WriteFile(operating, []byte(before+listBegins+want+listEnds+after), 0o600))
		return
	}
	assert.Equal(t, want, list)
}

// settingsList returns a heading and a table for each group of flags.
func settingsList(t *testing.T) string {
	t.Helper()
	var list strings.Builder
	flags := serveFlags(t)
	for _, group := range groups {
		fmt.Fprintf(&list, "\n### Settings: %s\n\n| setting | default | takes effect | meaning |\n| --- | --- | --- | --- |\n", group.Title)
		for _, flag := range flags {
			if flag.Group.Key == group.Key {
				list.WriteString(row(flag))
			}
		}
	}
	list.WriteString("\n")
	return list.String()
}

// serveFlags returns the flags of serve. Every one of them belongs to a group.
func serveFlags(t *testing.T) []*kong.Flag {
	t.Helper()
	var tree struct {
		Serve Serve `cmd:"" default:"withargs"`
	}
	parser := newParser(&tree, &sources{}, io.Discard, io.Discard)
	flags := parser.Model.Children[0].Flags
	require.NotEmpty(t, flags)
	for _, flag := range flags {
		require.NotNil(t, flag.Group, flag.Name)
	}
	return flags
}

// row returns the row of one flag. The page has the rule for the names of its variable and its key.
func row(flag *kong.Flag) string {
	name, effect := "--"+flag.Name, ""
	switch {
	case flag.Tag.Has(reloadTag):
		effect = "reload"
	case isSetting(flag.Name):
		effect = "restart"
	}
	value := "`" + flag.Default + "`"
	switch {
	case flag.Tag.Negatable != "":
		name = "--[no-]" + flag.Name
	case flag.IsBool():
		value = "`false`"
	case flag.Default == "":
		value = ""
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s |\n", name, value, effect, flag.Help)
}
