package datadir

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// file returns the path of a file of the stream.
func file(dir string, name ...string) string {
	return filepath.Join(append([]string{streamsDir(dir), stream}, name...)...)
}

func overwrites(t *testing.T, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte("XXXX"), at)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// third returns the position of the third record, which has a header.
func third(t *testing.T, dir string) (at int64) {
	t.Helper()
	data, err := os.ReadFile(file(dir, "msgs", "1.blk"))
	require.NoError(t, err)
	for range 2 {
		at += int64(binary.LittleEndian.Uint32(data[at:]) &^ hasHeader)
	}
	return at
}

func cuts(t *testing.T, path string, bytes int64) {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(path, info.Size()-bytes))
}

// nats-server itself drops the messages from a damaged record on, and logs nothing.
func TestDamageIsFoundWhereverItIs(t *testing.T) {
	clean := t.TempDir()
	s, _ := opens(t, clean)
	s.publishes(t, 20)
	killed := s.isKilled(t)
	require.NoError(t, s.Close())
	size := func(path string) int64 {
		info, err := os.Stat(path)
		require.NoError(t, err)
		return info.Size()
	}
	for _, dir := range []string{clean, killed} {
		for at := int64(0); at < size(file(dir, "msgs", "1.blk"))-4; at += 13 {
			copied := filepath.Join(t.TempDir(), "copy")
			require.NoError(t, os.CopyFS(copied, os.DirFS(dir)))
			block := file(copied, "msgs", "1.blk")
			overwrites(t, block, at)
			f, err := verify(copied, stream, dir == clean)
			require.NoError(t, err)
			isEnd := dir == killed && f.damaged == nil
			require.True(t, f.damaged != nil || isEnd && f.last == 19, "at %d: %+v", at, f)
		}
	}
}

func TestDamagedFilesEndTheEpochsOrTheStart(t *testing.T) {
	s, _ := opens(t, t.TempDir())
	last := s.publishes(t, 20)
	killed := s.isKilled(t)
	require.NoError(t, s.Close())
	const ends, refused, nothing = "rooms start again with a new epoch", "nats-server cannot read the stored messages", ""
	for name, c := range map[string]struct {
		from   string
		damage func(dir string)
		result string
		lost   uint64
	}{
		"a message, after a kill":         {killed, func(dir string) { overwrites(t, file(dir, "msgs", "1.blk"), 700) }, ends, 0},
		"a message, after a clean end":    {s.dir, func(dir string) { overwrites(t, file(dir, "msgs", "1.blk"), 700) }, ends, 0},
		"a message that the kill cut off": {killed, func(dir string) { cuts(t, file(dir, "msgs", "1.blk"), 9) }, nothing, 0},
		"the end, after a clean end":      {s.dir, func(dir string) { cuts(t, file(dir, "msgs", "1.blk"), 9) }, ends, last - 1},
		"all messages":                    {s.dir, func(dir string) { require.NoError(t, os.Remove(file(dir, "msgs", "1.blk"))) }, ends, last},
		"the length of a header":          {s.dir, func(dir string) { overwrites(t, file(dir, "msgs", "1.blk"), third(t, dir)+26) }, ends, 2},
		"the index":                       {s.dir, func(dir string) { overwrites(t, file(dir, "msgs", "index.db"), 40) }, nothing, 0},
		"no index":                        {s.dir, func(dir string) { require.NoError(t, removeIndex(dir, stream)) }, nothing, 0},
		"the configuration":               {s.dir, func(dir string) { overwrites(t, file(dir, "meta.inf"), 40) }, refused, 0},
		"no configuration":                {killed, func(dir string) { require.NoError(t, os.Remove(file(dir, "meta.inf"))) }, refused, 0},
	} {
		dir := filepath.Join(t.TempDir(), "copy")
		require.NoError(t, os.CopyFS(dir, os.DirFS(c.from)))
		c.damage(dir)
		again, log, err := tries(dir)
		if c.result == refused {
			require.ErrorContains(t, err, c.result, name)
			assert.NotContains(t, err.Error(), "\n", name)
			continue
		}
		require.NoError(t, err, name)
		if c.result == nothing {
			assert.Zero(t, again.LostUpTo(), name)
			assert.NotContains(t, log.String(), ends, name)
		} else {
			assert.Contains(t, log.String(), c.result, name)
			assert.Positive(t, again.LostUpTo(), name)
		}
		if c.lost != 0 {
			assert.Equal(t, c.lost, again.LostUpTo(), name)
		}
		kept := again.LostUpTo()
		killed := again.isKilled(t)
		require.NoError(t, again.Close())
		after, log := opens(t, killed)
		assert.Equal(t, kept, after.LostUpTo(), "%s: the next start finds no damage", name)
		assert.NotContains(t, log.String(), ends, name)
		require.NoError(t, after.Close())
	}
}

// verify must know the files of the nats-server that this program contains.
func TestVerifyReadsEveryMessageOfSeveralBlocks(t *testing.T) {
	s, _ := opens(t, t.TempDir())
	last := s.publishes(t, 500) // with 50 per subject: most are deleted
	f, err := verify(s.dir, stream, true)
	require.NoError(t, err)
	assert.Equal(t, last, f.last)
	assert.Nil(t, f.damaged)
}

func FuzzDamagedBlockEndsTheWalk(f *testing.F) {
	f.Add([]byte{}, uint8(0))
	f.Add(fmt.Appendf(nil, "%064d", 1), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, last uint8) {
		b := block{data: data}
		b.walk([32]byte{})
		b.last = uint64(last)
		b.isTorn()
		assert.LessOrEqual(t, b.at, len(data))
	})
}
