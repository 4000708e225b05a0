package rooms

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
)

// The bounds are size classes of the Go allocator. One more field would cost 32 bytes per room, 16 per segment
// and chunk. Objects of 128 bytes begin at a cache line.
func TestASmallRoomTakesLittleMemory(t *testing.T) {
	assert.LessOrEqual(t, unsafe.Sizeof(Room{}), uintptr(416))
	assert.EqualValues(t, 2*cacheLine, unsafe.Sizeof(segment{}))
	assert.LessOrEqual(t, unsafe.Sizeof(chunk{}), uintptr(144))
	assert.EqualValues(t, 48, unsafe.Sizeof(Member{}))
}

func TestCountersDoNotShareCacheLines(t *testing.T) {
	var c counters
	assert.EqualValues(t, cacheLine, uintptr(unsafe.Pointer(&c[1]))-uintptr(unsafe.Pointer(&c[0])))
	var two [2]tally
	last := unsafe.Pointer(&two[0].fanOut.micros)
	assert.GreaterOrEqual(t, uintptr(unsafe.Pointer(&two[1]))-uintptr(last), uintptr(cacheLine))
}
