package natsbus

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails if a goroutine is left over. Those of a nats-server in this process may outlast its
// WaitForShutdown by seconds.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*fileStore).flushStreamStateLoop"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server/ats.Register.func1"))
}
