package channels

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/apps"
)

func TestTheIDOfAClosedSessionIsNeverUsedAgain(t *testing.T) {
	table := NewSessions()
	open := func() *session {
		m := &session{hosted: &hosted{channels: &Channels{cfg: Config{Sessions: table}}}}
		table.add(m)
		return m
	}
	var kept []*session
	for range 2 * sessionShards {
		kept = append(kept, open())
	}
	closed := map[string]bool{}
	for range 5 * sessionShards {
		m := open()
		id := m.socketID()
		require.Same(t, m, table.find([]byte(id)))
		require.False(t, closed[id])
		closed[id] = true
		table.remove(m)
		require.Nil(t, table.find([]byte(id)))
	}
	for id := range closed {
		require.Nil(t, table.find([]byte(id)))
	}
	for i := range table.shards {
		assert.LessOrEqual(t, len(table.shards[i].slots), 3, "slots are used again")
	}
	for _, m := range kept {
		require.Same(t, m, table.find([]byte(m.socketID())))
		table.remove(m)
	}
	for i := range table.shards {
		assert.Nil(t, table.shards[i].slots, "an empty table has no memory")
	}
}

func TestAShardOfTheSessionsFillsACacheLine(t *testing.T) {
	assert.EqualValues(t, 64, unsafe.Sizeof(sessionShard{}))
}

func TestWhatTheSessionsOfARemovedAppShareIsForgotten(t *testing.T) {
	registry := new(apps.Registry)
	registry.Apply([]apps.Config{{ID: "1", Key: "a"}, {ID: "2", Key: "b"}})
	c := New(Config{Sessions: NewSessions()})
	kept, removed := registry.ByID("1"), registry.ByID("2")
	require.Same(t, c.hosted(kept), c.hosted(kept))
	require.NotSame(t, c.hosted(kept), c.hosted(removed))
	registry.Apply([]apps.Config{{ID: "1", Key: "a"}})
	c.CloseRemoved()
	var left []any
	c.apps.Range(func(app, _ any) bool {
		left = append(left, app)
		return true
	})
	assert.Equal(t, []any{kept}, left)
}
