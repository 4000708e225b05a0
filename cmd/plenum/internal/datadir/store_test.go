package datadir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestMessagesSurviveACleanEndAndAKill(t *testing.T) {
	dir := t.TempDir()
	s, _ := opens(t, dir)
	assert.EqualValues(t, 7, s.publishes(t, 7))
	killed := s.isKilled(t)
	require.NoError(t, s.Close())
	for _, dir := range []string{dir, killed} {
		s, log := opens(t, dir)
		assert.EqualValues(t, 9, s.publishes(t, 2))
		assert.Zero(t, s.LostUpTo())
		assert.Empty(t, log.String())
	}
}

func TestADirectoryServesOneProcess(t *testing.T) {
	dir := t.TempDir()
	opens(t, dir)
	_, _, err := tries(dir)
	assert.EqualError(t, err, "--data: "+dir+": another process uses the directory: each node needs its own")
}

func TestADirectoryThatCannotBeWrittenToGivesOneLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, _, err := tries(file)
	assert.EqualError(t, err, "--data: "+file+": mkdir "+file+": not a directory")

	full := onFileSystem(t, 15)
	_, _, err = tries(full)
	assert.EqualError(t, err, "--data: "+full+": 15 MiB are free, 16 MiB are needed: free some space, or choose another directory")

	locked := onFileSystem(t, 32)
	require.NoError(t, unix.Mount("", locked, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	_, _, err = tries(locked)
	assert.EqualError(t, err, "--data: "+locked+": open "+locked+"/plenum.lock: read-only file system: the server's user must be able to write to it")
}

// A machine that starts again without a clean end may have lost the last messages.
func TestOnlyAPowerCutWithoutSyncIsALoss(t *testing.T) {
	s, _ := opens(t, t.TempDir())
	last := s.publishes(t, 5)
	for name, c := range map[string]struct {
		record string
		lost   uint64
	}{
		"power cut":                    {`{"boot":"earlier","clean":false,"synced":false}`, last},
		"power cut, always synced":     {`{"boot":"earlier","clean":false,"synced":true}`, 0},
		"clean end, then a restart":    {`{"boot":"earlier","clean":true,"synced":false}`, 0},
		"unreadable record":            {`{`, last},
		"another program's directory":  {`{}`, last},
		"lost before, and not renewed": {`{"boot":"earlier","clean":true,"lost_up_to":3}`, 3},
	} {
		dir := s.isKilled(t)
		require.NoError(t, os.WriteFile(recordPath(dir), []byte(c.record), 0o600))
		again, log := opens(t, dir)
		assert.Equal(t, c.lost, again.LostUpTo(), name)
		assert.Equal(t, c.lost == last, strings.Contains(log.String(), "machine stopped before a sync"), name)
		require.NoError(t, again.Close())
		after, log := opens(t, dir)
		assert.Equal(t, c.lost, after.LostUpTo(), "%s: it is remembered", name)
		assert.Empty(t, log.String(), name)
		require.NoError(t, after.Close())
	}
}

func TestMessagesAreRefusedWhileTheDirectoryIsFull(t *testing.T) {
	dir := onFileSystem(t, 64)
	s, log := opens(t, dir)
	s.publishes(t, 3)
	assert.False(t, s.Full())
	filler := filepath.Join(dir, "filler")
	require.NoError(t, os.WriteFile(filler, make([]byte, 50<<20), 0o600))
	assert.True(t, s.Full())
	require.NoError(t, os.Truncate(filler, 40<<20))
	assert.True(t, s.Full(), "until there is enough space")
	require.NoError(t, os.Remove(filler))
	assert.False(t, s.Full())
	assert.Equal(t, 1, strings.Count(log.String(), "messages cannot be stored"))
	assert.Equal(t, 1, strings.Count(log.String(), "messages can be stored again"))
	s.space.fail()
	assert.True(t, s.Full(), "although there is space")
}
