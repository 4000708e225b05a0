package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const sample = `// Package sample has a comment.
//go:generate nothing
package sample

// first is where it begins. This sentence goes on and on, with one more word and one more word and one more word and
// one more word, until it has too many of them.
var first int

/* second keeps what
   it is given.

   - one item! */
var second int // those who read it

// indented code is a paragraph:
//
//	where := 1
var third int
`

func TestCountsTheHabitsOfEachComment(t *testing.T) {
	name := filepath.Join(t.TempDir(), "sample.go")
	require.NoError(t, os.WriteFile(name, []byte(sample), 0o600))
	var list bytes.Buffer
	got, err := ofFile(name, &list)
	require.NoError(t, err)
	assert.Equal(t, counts{lines: 9, where: 2, noNoun: 2, sentences: 8, long: 1}, got, list.String())
	assert.Contains(t, list.String(), "sample.go:5: where: first is where it begins.")
}

func TestAFileThatIsNotGoIsAnError(t *testing.T) {
	name := filepath.Join(t.TempDir(), "sample.go")
	require.NoError(t, os.WriteFile(name, []byte("no Go"), 0o600))
	_, err := ofFile(name, &bytes.Buffer{})
	require.Error(t, err)
}
