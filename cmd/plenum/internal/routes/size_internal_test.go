package routes

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
)

// The allocator has size classes of 176 and 240 bytes. They include the engine.Conn.
func TestTheStateOfAConnectionFitsItsSizeClass(t *testing.T) {
	assert.LessOrEqual(t, unsafe.Sizeof(chatSession{}), uintptr(176))
	assert.LessOrEqual(t, unsafe.Sizeof(eventSession{}), uintptr(176))
	assert.LessOrEqual(t, unsafe.Sizeof(muxSession{}), uintptr(240))
}
