package report

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/results"
)

func TestVariantsAreInNoOtherTable(t *testing.T) {
	d := loaded(t, synthetic.Run("idle", results.Plenum, 1, synthetic.Idles(1)), synthetic.Run("idle", results.Encrypted, 1, synthetic.Idles(99)), synthetic.Run("idle", results.Encrypted, 2, synthetic.Rejects("busy")))
	assert.Equal(t, []string{results.Plenum}, d.Measured("idle"))
	assert.NotContains(t, entryPart(d, results.Entries[slices.IndexFunc(results.Entries, func(e results.Entry) bool { return e.Name == "idle" })]), results.Encrypted)
	assert.NotContains(t, string(plots(d)[memoryPlot].svg), results.Encrypted)
	assert.Contains(t, wirePart(d), "Runs not used: idle plenum-tls 1 rejected.")
}

func TestVariantsMayHaveAFolderOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	synthetic.Save(t, dir, synthetic.Run("idle", results.Plenum, 1, synthetic.Idles(850)))
	own := filepath.Join(dir, "wire")
	require.NoError(t, os.Mkdir(own, 0o755))
	synthetic.Save(t, own, synthetic.Run("idle", results.Plenum, 1, synthetic.Idles(1000)), synthetic.Run("idle", results.Compressed, 1, synthetic.Idles(1090)))
	d := from(t, dir)
	assert.Contains(t, wirePart(d), "Measured in a suite of its own")
	assert.Equal(t, 1, d.At("idle", results.Plenum).Count())
}
