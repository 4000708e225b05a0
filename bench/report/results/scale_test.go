package results

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/scale"
)

func TestUnreadableResultsWithoutSocketsAreReported(t *testing.T) {
	for lines, want := range map[string]string{
		"{}\n{}\nx\n": "results.jsonl: line 3: ",
		`{"environment":{"commit":"f00-dirty"}}` + "\n": "report: scale/results.jsonl: built from uncommitted changes (commit f00-dirty): commit them and measure again",
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, scale.File)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(lines), 0o644))
		_, err := Load(dir, nil)
		assert.ErrorContains(t, err, want)
	}
}
