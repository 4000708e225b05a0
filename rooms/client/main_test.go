package client

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// patient has TestNothingIsLostOrDuplicatedOverFiftyRestarts wait for as long as a program's
// client does: for some minutes.
var patient = flag.Bool("patient", false, "wait before each connection for as long as a program's client does")

// buildDir is where the server is built.
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
