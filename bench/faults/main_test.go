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

// The programs, which TestMain builds.
var serverPath, brokerPath string

// TestMain builds the server, with the race detector where the tests have it, and the broker,
// unless NATS_SERVER in the environment names one.
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
	_ = os.RemoveAll(folder) // it is a temporary one
	os.Exit(status)
}

func build(folder, name, what string, race bool) (path string, err error) {
	path = filepath.Join(folder, name)
	args := []string{"build", "-o", path}
	if race {
		args = append(args, "-race")
	}
	if output, err := exec.Command("go", append(args, what)...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", what, err, output)
	}
	return path, nil
}

func raced() bool {
	built, _ := debug.ReadBuildInfo()
	return slices.Contains(built.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
