package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// brokerModule is the Go module that the NATS server is built from.
const brokerModule = "github.com/nats-io/nats-server/v2"

// broker returns the path of the NATS server's program for --cluster: that of NATS_SERVER, or one that it
// builds, or nats-server on the PATH. remove removes the program if it was built. The path is empty without
// --cluster.
func (f *suiteFlags) broker(ctx context.Context, env func(string) (string, bool)) (program string, remove func(), err error) {
	keep := func() {}
	if !f.Cluster {
		return "", keep, nil
	}
	if program, given := env("NATS_SERVER"); given {
		return program, keep, nil
	}
	folder, err := os.MkdirTemp("", "plenum-bench")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(folder) } // leftovers are in the system's temporary folder
	program = filepath.Join(folder, "nats-server")
	output, err := exec.CommandContext(ctx, "go", "build", "-o", program, brokerModule).CombinedOutput()
	if err == nil {
		return program, remove, nil
	}
	remove()
	if program, found := exec.LookPath("nats-server"); found == nil {
		return program, keep, nil
	}
	return "", nil, fmt.Errorf("no NATS server: NATS_SERVER is not set, nats-server is not on the PATH, and go build %s failed: %w: %s", brokerModule, err, output)
}
