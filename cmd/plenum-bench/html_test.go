package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestResultsAreWrittenAsAPage(t *testing.T) {
	options := map[string]any{"rate": 1000}
	a := resultFile(t, "a.jsonl", options, 10, 11, 12, 13)
	b := resultFile(t, "b.jsonl", options, 60, 61, 62, 63)
	out := filepath.Join(t.TempDir(), "page.html")
	stdout, stderr, err := ran(t, "html", a, b, "--out", out)
	require.NoError(t, err)
	assert.Equal(t, out+"\n", stdout)
	assert.Empty(t, stderr)
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Contains(t, string(text), "room (b.jsonl)")
	assert.Contains(t, string(text), `<span class="worse">3 worse</span>`)

	_, _, err = ran(t, "html", a, "none", "--out", out)
	assert.EqualError(t, err, "none: no such file or directory")
	assert.Equal(t, statusUsage, exitStatus(err))
	_, _, err = ran(t, "html", a, "--out=/")
	assert.EqualError(t, err, "--out: open /: is a directory")
	again, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Equal(t, text, again, "an error leaves the page as it was")
}
