package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// brokerModule is what a broker is built of.
const brokerModule = "github.com/nats-io/nats-server/v2"

// broker returns the program of the broker between nodes, and what removes it where it was
// built; nothing where none is wanted.
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
	remove = func() { _ = os.RemoveAll(folder) } // what is left of it is the system's to clean
	program = filepath.Join(folder, "nats-server")
	said, err := exec.CommandContext(ctx, "go", "build", "-o", program, brokerModule).CombinedOutput()
	if err == nil {
		return program, remove, nil
	}
	remove()
	if program, found := exec.LookPath("nats-server"); found == nil {
		return program, keep, nil
	}
	return "", nil, fmt.Errorf("no broker: NATS_SERVER is not set, none is on the PATH, and %s is not built: %w: %s", brokerModule, err, said)
}

// out is the folder of the results.
func (f *suiteFlags) out() string {
	if f.Cluster {
		return filepath.Join(f.Out, "cluster")
	}
	return f.Out
}
