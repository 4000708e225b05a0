package routes

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"plenum/cmd/plenum/internal/auth"
)

// The allocator has size classes of 176 and 240 bytes. They include the engine.Conn. With sign-in, each connection to several
// rooms also has an auth.Identity, for which there is a class of 80 bytes.
func TestTheStateOfAConnectionFitsItsSizeClass(t *testing.T) {
	assert.LessOrEqual(t, unsafe.Sizeof(chatSession{}), uintptr(176))
	assert.LessOrEqual(t, unsafe.Sizeof(eventSession{}), uintptr(176))
	assert.LessOrEqual(t, unsafe.Sizeof(muxSession{}), uintptr(240))
	assert.LessOrEqual(t, unsafe.Sizeof(auth.Identity{}), uintptr(80))
}
