package datadir

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExamineDescribesADirectoryAndChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	text, err := Examine(dir)
	require.NoError(t, err)
	assert.Equal(t, dir+": it does not exist yet, the server will create it", text)
	assert.NoDirExists(t, dir)

	s, _ := opens(t, dir)
	s.publishes(t, 20)
	text, err = Examine(dir)
	require.NoError(t, err)
	assert.Regexp(t, "MiB free, a server uses it$", text)
	require.NoError(t, s.Close())
	text, err = Examine(dir)
	require.NoError(t, err)
	assert.Regexp(t, "MiB free, 1 KiB of messages, all intact$", text)

	block := file(dir, "msgs", "1.blk")
	overwrites(t, block, 700)
	before, err := os.ReadFile(block)
	require.NoError(t, err)
	_, err = Examine(dir)
	assert.ErrorContains(t, err, "--data: "+dir+": messages are damaged ("+block+" at byte ")
	after, err := os.ReadFile(block)
	require.NoError(t, err)
	assert.Equal(t, before, after)

	_, err = Examine(block)
	assert.EqualError(t, err, "--data: "+block+": not a directory")
	full := onFileSystem(t, 8)
	_, err = Examine(full)
	assert.EqualError(t, err, "--data: "+full+": 8 MiB are free, 16 MiB are needed: free some space, or choose another directory")
}
