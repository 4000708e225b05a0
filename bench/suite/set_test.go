package suite

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASetChangesWithProgramsSourcesAndOptions(t *testing.T) {
	folder := t.TempDir()
	server, peers := filepath.Join(folder, "plenum"), filepath.Join(folder, "peers")
	write := func(name, text string) {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	set := func() string {
		got, err := Set(peers, 0, 0.2, false, server)
		require.NoError(t, err)
		require.Regexp(t, "^[0-9a-f]{12}$", got)
		return got
	}
	write("plenum", "one")
	write("peers/peers.json", "[]")
	write("peers/raw/main.go", "one")
	before := set()
	for _, name := range []string{"README.md", "bin/raw", "bun/node_modules/bun/main.js", "ktor/target/ktor.jar", "axum/Cargo.lock"} {
		write("peers/"+name, "one")
		assert.Equal(t, before, set(), name)
	}
	for _, name := range []string{"plenum", "peers/peers.json", "peers/raw/main.go", "peers/go.sum"} {
		write(name, "two")
		after := set()
		assert.NotEqual(t, before, after, name)
		before = after
	}
	require.NoError(t, os.Rename(filepath.Join(peers, "raw"), filepath.Join(peers, "row")))
	assert.NotEqual(t, before, set(), "a renamed folder")
	for options, want := range map[[2]float64]bool{{0, 0.2}: true, {1e9, 0.2}: false, {0, 0.3}: false} {
		got, err := Set(peers, time.Duration(options[0]), options[1], false, server)
		require.NoError(t, err)
		assert.Equal(t, want, got == set(), options)
	}
	quick, err := Set(peers, 0, 0.2, true, server)
	require.NoError(t, err)
	assert.NotEqual(t, quick, set(), "a quick suite measures for another time")
}

func TestASetNeedsItsServerAndPeers(t *testing.T) {
	_, err := Set(t.TempDir(), 0, 0, false, "nowhere/plenum")
	assert.ErrorContains(t, err, "open nowhere/plenum: ")
	_, err = Set("nowhere", 0, 0, false, os.Args[0])
	assert.ErrorIs(t, err, os.ErrNotExist)
}
