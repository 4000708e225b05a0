package rooms

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
)

// The bounds are size classes of the Go allocator. One more field would cost 32 bytes per room, 16 per segment and chunk.
func TestASmallRoomTakesLittleMemory(t *testing.T) {
	assert.LessOrEqual(t, unsafe.Sizeof(Room{}), uintptr(416))
	assert.LessOrEqual(t, unsafe.Sizeof(segment{}), uintptr(160))
	assert.LessOrEqual(t, unsafe.Sizeof(chunk{}), uintptr(144))
	assert.EqualValues(t, 48, unsafe.Sizeof(Member{}))
}
