package observe

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheEnvironmentIsRead(t *testing.T) {
	e := ReadEnvironment()
	assert.NotEmpty(t, e.Kernel)
	assert.NotZero(t, e.Cores)
	assert.NotZero(t, e.GOMAXPROCS)
	assert.NotZero(t, e.Descriptors)
	assert.NotZero(t, e.MemoryBytes)
	assert.Contains(t, e.Go, "go1.")
	assert.NotEmpty(t, e.Sysctls["net.ipv4.tcp_wmem"])
}
