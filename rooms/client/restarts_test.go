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
func TestNothingIsLostOrDoubledOverFiftyRestarts(t *testing.T) {
	rooms := []string{"a", "b", "c"}
	p := serve(t, "--history-messages=100000")
	alex, bea := run(t, named(p.addr, "Alex"), rooms...), run(t, named(p.addr, "Bea"), rooms...)
	talk := speak(t, rooms, map[string]speech{"api": p.post, "client": bea.publish})
	var marks []said
	for life := 1; ; life++ {
		for _, room := range rooms {
			alex.isIn(room, life)
			bea.isIn(room, life)
			marks = append(marks, bea.says(room, fmt.Sprintf("%s mark %d", room, life), alex, bea))
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
	all := talk.said()
	for _, room := range rooms {
		marks = append(marks, bea.says(room, room+" end", alex, bea))
	}
	for _, e := range []*ear{alex, bea} {
		e.leave()
		require.NoError(t, e.result)
		assert.Zero(t, e.answersFor(marks), "a mark was heard before the server ended")
		lost := e.answersFor(all)
		for _, room := range rooms {
			e.wantsOneGapALife(room)
		}
		t.Logf("%d messages, %d lost at the end of a life", len(all), lost)
		assert.Less(t, lost, len(all)/4)
	}
}

// wantsOneGapALife wants no more lost than the end of each life: what the next one kept
// from its first message on was heard.
func (e *ear) wantsOneGapALife(room string) {
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
