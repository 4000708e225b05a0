package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Any content gives a scenario, or an error of one line that names the file.
func FuzzAnyScenarioFileIsReadOrRefused(f *testing.F) {
	for _, content := range []string{
		"scenario: fan-hot\nstages: [0s:5, 1s:5]\n", "scenario: idle\nconnections: [3, 5]\n", "# nothing\n", "---\n", "--- {}\n...\n",
		"scenario: &a echo\nname: *a\n", "scenario: echo\n<<: {rate: 1}\n", "? [a]\n: b\n", "scenario: echo\nlabel: {a: {b: c}}\n",
		"scenario: echo\nhello: []\n", "scenario: echo\nrate: !!float x\n", "scenario: echo\nhello: \"a\\nb\"\npid: \"\"\n",
	} {
		f.Add(content)
	}
	path := filepath.Join(f.TempDir(), "any.yaml")
	f.Fuzz(func(t *testing.T, content string) {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		c, err := parsed(t, nil, "run", "--file", path)
		if err == nil {
			require.IsType(t, fromFile{}, c.scenario)
			require.Equal(t, content, c.scenario.(fromFile).file.Content)
			return
		}
		require.Equal(t, statusUsage, exitStatus(err), "%v", err)
		require.False(t, strings.ContainsAny(err.Error(), "\r\n"), "%q", err)
	})
}
