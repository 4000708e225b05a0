package storm

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNumbersThatAreMissingAreCounted(t *testing.T) {
	var all, some numbers
	for i := range 200 {
		all.add(i)
		if i%50 != 0 && i < 130 {
			some.add(i)
		}
	}
	assert.Equal(t, 73, all.without(some))
	assert.Zero(t, some.without(all))
	assert.False(t, some.has(150))
	some.addAll(all)
	assert.Zero(t, all.without(some))
}

func TestARecordSeesRepeatedAndMissingEvents(t *testing.T) {
	var r record
	r.subscribed("e", 7, false)
	r.event(8, fromBackEnd, 1)
	r.event(9, fromMember, 1)
	assert.Equal(t, "e:9", r.since())
	r.subscribed("e", 9, true)
	r.event(10, fromBackEnd, 2)
	assert.Zero(t, r.broken+r.repeated)
	r.event(12, fromBackEnd, 4)
	assert.Equal(t, 1, r.broken)
	r.event(13, fromBackEnd, 2)
	assert.Equal(t, 1, r.repeated)
	r.subscribed("e", 14, true)
	assert.Equal(t, 2, r.broken, "recovered, but at another position")
	r.subscribed("f", 3, false)
	r.event(4, fromBackEnd, 5)
	assert.Equal(t, 2, r.broken, "a new epoch has other numbers")
	r.gap(9)
	r.event(10, fromBackEnd, 6)
	assert.Equal(t, 2, r.broken)
	assert.Equal(t, 1, r.gaps)
}
