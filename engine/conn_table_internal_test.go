package engine

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func (t *connTable) check(tb assert.TestingT, want map[*Conn]bool) {
	assert.Equal(tb, len(want), t.len)
	found := 0
	for i := range t.blocks {
		for j, c := range t.block(i) {
			assert.True(tb, want[c])
			assert.EqualValues(tb, i*connBlock+j, c.index)
			found++
		}
	}
	assert.Equal(tb, len(want), found)
	assert.LessOrEqual(tb, len(t.blocks), (t.len+connBlock-1)/connBlock+1)
}

func TestATableOfConnectionsHasNoGaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, model, all := connTable{}, map[*Conn]bool{}, []*Conn{}
		for range rapid.IntRange(1, 6).Draw(t, "rounds") {
			for range rapid.IntRange(0, 2*connBlock).Draw(t, "adds") {
				c := new(Conn)
				table.add(c)
				model[c], all = true, append(all, c)
			}
			for range min(len(all), rapid.IntRange(0, 3*connBlock).Draw(t, "removals")) {
				i := rand.IntN(len(all))
				table.remove(all[i])
				delete(model, all[i])
				all[i] = all[len(all)-1]
				all = all[:len(all)-1]
			}
			table.check(t, model)
		}
	})
}

func TestASnapshotMissesNoConnectionThatStays(t *testing.T) {
	r := registry{limit: 10 * connBlock, empty: make(chan struct{})}
	stays, leaves := map[*Conn]bool{}, []*Conn{}
	for i := range 6 * connBlock {
		c := new(Conn)
		assert.NoError(t, r.add(c))
		if i < 2*connBlock || i%2 == 0 {
			leaves = append(leaves, c) // its position is taken by a later connection
		} else {
			stays[c] = true
		}
	}
	var removing sync.WaitGroup
	removing.Go(func() {
		for _, c := range leaves {
			r.remove(c)
		}
	})
	for r.len() > len(stays) {
		found := map[*Conn]bool{}
		for _, c := range r.snapshot() {
			found[c] = true
		}
		for c := range stays {
			if !found[c] {
				t.Fatal("a connection is missing")
			}
		}
	}
	removing.Wait()
	r.table.check(t, stays)
}

func TestARegistryRefusesConnectionsBeyondItsLimitAndAtTheEnd(t *testing.T) {
	r := registry{limit: 1, empty: make(chan struct{})}
	c := new(Conn)
	assert.NoError(t, r.add(c))
	assert.Equal(t, errFull, r.add(new(Conn)))
	r.refuse()
	assert.Equal(t, errStopping, r.add(new(Conn)))
	select {
	case <-r.empty:
		t.Fatal("a connection is left")
	default:
	}
	r.remove(c)
	<-r.empty
}
