package engine_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(starvedEnv) != "" {
		os.Exit(serveStarved())
	}
	goleak.VerifyTestMain(m)
}
