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

func TestAPageDoesNotReplaceItsResults(t *testing.T) {
	path := resultFile(t, "a.jsonl", nil, 1, 2, 3, 4)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	_, _, err = ran(t, "html", path, "--out="+path)
	assert.EqualError(t, err, "--out: "+path+" is one of the results, so it is not replaced: name another file")
	assert.Equal(t, statusUsage, exitStatus(err))
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, before, after)
}
