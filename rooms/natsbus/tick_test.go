package natsbus

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// While the process stands still, it does not hear the stream.
func TestTheTimeInWhichTheProcessStoodStillIsNoSilenceOfTheStream(t *testing.T) {
	b, err := New(Config{URL: "nats://nowhere"})
	require.NoError(t, err)
	w := streamWatch{stream: b.streams[0]}
	w.ready.Store(true)
	w.progress.acked.Store(int64(time.Second))
	for _, c := range []struct {
		now, resumed moment
		takes        bool
	}{
		{time.Second + downAfter - 1, 0, true},
		{time.Second + downAfter, 0, false},
		{time.Minute, time.Minute, true},
		{time.Minute + downAfter - 1, time.Minute, true},
		{time.Minute + downAfter, time.Minute, false},
	} {
		w.probed = c.now // no probe is due
		assert.Equal(t, c.takes, w.check(&link{bus: b, conn: new(nats.Conn)}, c.now, c.resumed), "%+v", c)
	}
}
