package client

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const restarts = 50

// In each of the server's lives everything is heard from its first message on, by whoever
// the API's and the clients' messages came from, until the connection is lost; what came
// after that in this life is said to be lost.
func TestNothingIsLostOrDuplicatedOverFiftyRestarts(t *testing.T) {
	rooms := []string{"a", "b", "c"}
	p := serve(t, "--history-messages=100000")
	alex, bea := run(t, named(p.addr, "Alex"), rooms...), run(t, named(p.addr, "Bea"), rooms...)
	talk := startPublishing(t, rooms, map[string]publishFunc{"api": p.post, "client": bea.publish})
	var marks []published
	for life := 1; ; life++ {
		for _, room := range rooms {
			alex.waitsForEpochs(room, life)
			bea.waitsForEpochs(room, life)
			marks = append(marks, bea.publishHeardBy(room, fmt.Sprintf("%s mark %d", room, life), alex, bea))
		}
		if life > restarts {
			break
		}
		how := syscall.SIGTERM
		if life%3 == 0 {
			how = syscall.SIGKILL
		}
		p.end(how)
		p.begin()
	}
	all := talk.stopAndList()
	for _, room := range rooms {
		marks = append(marks, bea.publishHeardBy(room, room+" end", alex, bea))
	}
	for _, e := range []*listener{alex, bea} {
		e.stop()
		require.NoError(t, e.result)
		assert.Zero(t, e.requireHeardOrLost(marks), "a mark was heard before the server ended")
		lost := e.requireHeardOrLost(all)
		for _, room := range rooms {
			e.requireOneGapPerEpoch(room)
		}
		t.Logf("%d messages, %d lost at the end of a life", len(all), lost)
		assert.Less(t, lost, len(all)/4)
	}
}

// requireOneGapPerEpoch wants no more lost than the end of each epoch: the next one was
// received from its first message on.
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
