//go:build faults

package faults

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// previousRevision is the last commit of version 1 of the formats between nodes (natsbus.wireVersion).
const previousRevision = "84abfde728c14df17f188b6ca7051c11a7b9315d"

// previousServer returns the server of previousRevision: the program that the environment variable PLENUM_PREVIOUS names,
// or one that it builds from the history of this repository.
func previousServer(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("PLENUM_PREVIOUS"); path != "" {
		return path
	}
	if exec.Command("git", "cat-file", "-e", previousRevision+"^{commit}").Run() != nil {
		t.Skip("this copy of the repository has no commit " + previousRevision + ": set PLENUM_PREVIOUS to a server of that version")
	}
	folder := t.TempDir()
	run := func(dir, name string, args ...string) {
		c := exec.Command(name, args...)
		c.Dir = dir
		output, err := c.CombinedOutput()
		require.NoError(t, err, "%s: %s", name, output)
	}
	archive := filepath.Join(folder, "previous.tar")
	run("../..", "git", "archive", "--output", archive, previousRevision)
	run(folder, "tar", "-xf", archive)
	path := filepath.Join(folder, "plenum-previous")
	run(folder, "go", "build", "-o", path, "./cmd/plenum")
	return path
}

// restartAs stops the node as an operator does, and starts it as another program.
func (n *node) restartAs(t *testing.T, program string) {
	t.Helper()
	n.signal(t, syscall.SIGTERM)
	require.NoError(t, n.cmd.Wait(), n.name)
	n.args[slices.Index(n.args, n.program)], n.program = program, program
	n.start(t)
}

func TestAClusterIsUpgradedAndDowngradedNodeByNode(t *testing.T) {
	s := defaultSettings()
	s.program = previousServer(t)
	w := startCluster(t, s)
	replace := func(n *node, program string) {
		at := time.Now()
		n.restartAs(t, program)
		t.Logf("%s runs %s, and was ready after %s", n.name, filepath.Base(program), w.awaitReady(at, wait, n))
		w.awaitReconnected(at, wait, w.listenersOf(n))
		w.awaitCount(at, wait, quietRoom, nodes, w.nodes...)
		w.awaitPublishing(time.Now(), wait, w.nodes...)
	}
	for _, n := range w.nodes {
		replace(n, serverPath)
	}
	replace(w.nodes[0], s.program)
	o := w.finish()
	assert.Zero(t, o.gaps, "all messages were in the history")
	for _, n := range w.nodes {
		text, err := os.ReadFile(n.log)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "run the same version on all nodes", n.name)
		assert.NotContains(t, string(text), "cannot work with", n.name)
	}
}
