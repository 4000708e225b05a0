package routes

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
)

// The allocator has size classes of 80 and 160 bytes. One more field would cost 16 bytes per connection.
func TestTheStateOfAConnectionFitsItsSizeClass(t *testing.T) {
	assert.LessOrEqual(t, unsafe.Sizeof(chatSession{}), uintptr(80))
	assert.LessOrEqual(t, unsafe.Sizeof(eventSession{}), uintptr(80))
	assert.LessOrEqual(t, unsafe.Sizeof(muxSession{}), uintptr(160))
}
