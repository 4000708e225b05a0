//go:build faults

package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"
)

// Paths of the programs that TestMain builds.
var serverPath, brokerPath string

// TestMain builds the server, with the race detector if the tests have it. It builds the NATS
// server too, unless the environment variable NATS_SERVER names one.
func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "plenum-faults-")
	if err == nil {
		serverPath, err = build(folder, "plenum", "plenum/cmd/plenum", raced())
	}
	if brokerPath = os.Getenv("NATS_SERVER"); err == nil && brokerPath == "" {
		brokerPath, err = build(folder, "nats-server", "github.com/nats-io/nats-server/v2", false)
	}
	status := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		status = m.Run()
	}
	_ = os.RemoveAll(folder) // leftovers are in a temporary folder
	os.Exit(status)
}

func build(folder, name, module string, race bool) (path string, err error) {
	path = filepath.Join(folder, name)
	args := []string{"build", "-o", path}
	if race {
		args = append(args, "-race")
	}
	if output, err := exec.Command("go", append(args, module)...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", module, err, output)
	}
	return path, nil
}

func raced() bool {
	built, _ := debug.ReadBuildInfo()
	return slices.Contains(built.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
