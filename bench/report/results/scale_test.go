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
	dir := t.TempDir()
	path := filepath.Join(dir, scale.File)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte("{}\n{}\nx\n"), 0o644))
	_, err := Load(dir, nil)
	assert.ErrorContains(t, err, "results.jsonl: line 3: ")
}
