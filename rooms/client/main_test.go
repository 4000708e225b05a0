package client

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// patient makes the tests with a built server wait before each connection as long as a real client does. The test of fifty
// restarts then takes some minutes.
var patient = flag.Bool("patient", false, "wait before each connection as long as a real client does")

// buildDir is the folder for the built server.
var buildDir string

func TestMain(m *testing.M) {
	var err error
	if buildDir, err = os.MkdirTemp("", "plenum-client"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		_ = os.RemoveAll(buildDir)
		os.Exit(status)
	}))
}
