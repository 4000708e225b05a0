package datadir

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The directory of a broker may have other streams, whose sequence numbers say nothing about the rooms.
func TestOnlyTheStreamOfTheBusDecidesWhatMayBeLost(t *testing.T) {
	s, _ := opens(t, t.TempDir())
	last := s.publishes(t, 5)
	s.publishesTo(t, "OTHER", 20)
	s.publishesTo(t, "PLENUM-2-0", 20)
	require.NoError(t, s.jetStream(t).PurgeStream("PLENUM-2-0"))
	require.Eventually(t, func() bool { // the broker deletes the purged messages later
		_, err := os.Stat(streamsDir(s.dir) + "/PLENUM-2-0/__msgs__")
		return os.IsNotExist(err)
	}, 30*time.Second, time.Millisecond)
	clean, powerCut := `{"boot":"earlier","clean":true}`, `{"boot":"earlier"}`
	for name, c := range map[string]struct {
		record string
		damage func(dir string)
		lost   uint64
	}{
		"power cut": {powerCut, func(string) {}, last},
		"another stream is damaged": {clean, func(dir string) {
			cuts(t, streamsDir(dir)+"/OTHER/msgs/1.blk", 9)
		}, 0},
		"the stream was deleted":                {powerCut, func(dir string) { require.NoError(t, os.RemoveAll(streamsDir(dir)+"/"+stream)) }, 0},
		"an older copy with the present record": {`{"boot":"earlier","clean":true,"lost_up_to":100}`, func(string) {}, last},
	} {
		dir := s.isKilled(t)
		require.NoError(t, os.WriteFile(recordPath(dir), []byte(c.record), 0o600))
		c.damage(dir)
		again, _ := opens(t, dir)
		assert.Equal(t, c.lost, again.LostUpTo(), name)
		require.NoError(t, again.Close())
	}
}

func TestMessagesOfAClusterWithSeveralStreamsGiveOneLine(t *testing.T) {
	s, _ := opens(t, t.TempDir())
	s.publishesTo(t, "PLENUM-2-0", 1)
	require.NoError(t, s.Close())
	_, _, err := tries(s.dir)
	assert.EqualError(t, err, "--data: "+s.dir+": the stream PLENUM-2-0 has messages of a cluster with several streams, --data has one: "+
		"use the directory for a broker of that cluster, or move it away to start without messages")
}
