package client

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const restarts = 50

// In each epoch the clients receive all messages from the first one until the connection is lost. The messages after that are
// reported as lost. Messages come from the API and from a client.
func TestNothingIsLostUnreportedOrDuplicatedOverFiftyRestarts(t *testing.T) {
	rooms := []string{"a", "b", "c"}
	p := serve(t, "--history-messages=100000")
	alex, bea := run(t, named(p.addr, "Alex"), rooms...), run(t, named(p.addr, "Bea"), rooms...)
	publishing := startPublishing(t, rooms, map[string]publishFunc{"api": p.post, "client": bea.publish})
	var marks []published
	for epoch := 1; ; epoch++ {
		for _, room := range rooms {
			alex.awaitEpochs(room, epoch)
			bea.awaitEpochs(room, epoch)
			marks = append(marks, bea.publishTo(room, fmt.Sprintf("%s mark %d", room, epoch), alex, bea))
		}
		if epoch > restarts {
			break
		}
		how := syscall.SIGTERM
		if epoch%3 == 0 {
			how = syscall.SIGKILL
		}
		p.stop(how)
		p.start()
	}
	all := publishing.stopAndList()
	for _, room := range rooms {
		marks = append(marks, bea.publishTo(room, room+" end", alex, bea))
	}
	for _, e := range []*listener{alex, bea} {
		e.stop()
		require.NoError(t, e.result)
		assert.Zero(t, e.requireReceivedOrLost(marks), "each mark was received before the server stopped")
		lost := e.requireReceivedOrLost(all)
		for _, room := range rooms {
			e.requireOneGapPerEpoch(room)
		}
		t.Logf("%d messages, %d lost at the end of an epoch", len(all), lost)
		assert.Less(t, lost, len(all)/4)
	}
}

// requireOneGapPerEpoch expects that only the ends of epochs are lost, so each epoch was received from its first message.
func (e *listener) requireOneGapPerEpoch(room string) {
	e.t.Helper()
	gaps := 0
	for _, g := range e.gaps() {
		if g.Room == room {
			gaps++
			assert.Equal(e.t, uint64(0), g.To, "%+v", g)
		}
	}
	assert.Equal(e.t, restarts, gaps)
}
