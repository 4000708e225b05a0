//go:build faults

package faults

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Addresses of the two ends of the veth pair, from the block for network tests (RFC 2544,
// RFC 5735).
const (
	outerAddress = "198.18.77.1"
	innerAddress = "198.18.77.2"
)

// namespace is a network namespace with its own loopback, and a veth pair to the namespace of
// the test.
type namespace struct {
	name         string
	outer, inner string // the devices of the veth pair
	file         *os.File
}

// newNamespace makes a namespace that exists until the test ends. It skips the test if it
// cannot make one.
func newNamespace(t *testing.T) *namespace {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make network namespaces")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("no ip (iproute2) on PATH to make a network namespace")
	}
	n := &namespace{name: fmt.Sprint("plenum-faults-", os.Getpid()), outer: fmt.Sprintf("pf%d-o", os.Getpid()), inner: fmt.Sprintf("pf%d-i", os.Getpid())}
	if output, err := n.ip("netns", "add", n.name); err != nil {
		t.Skipf("cannot make a network namespace: %v: %s", err, output)
	}
	t.Cleanup(func() { // removes the veth pair too
		output, err := n.ip("netns", "del", n.name)
		assert.NoError(t, err, output)
	})
	if output, err := n.ip("link", "add", n.outer, "type", "veth", "peer", "name", n.inner, "netns", n.name); err != nil {
		t.Skipf("cannot make a veth pair: %v: %s", err, output)
	}
	for _, args := range [][]string{
		{"addr", "add", outerAddress + "/30", "dev", n.outer},
		{"link", "set", n.outer, "up"},
		{"-n", n.name, "addr", "add", innerAddress + "/30", "dev", n.inner},
		{"-n", n.name, "link", "set", "lo", "up"},
		{"-n", n.name, "link", "set", n.inner, "up"},
	} {
		output, err := n.ip(args...)
		require.NoError(t, err, output)
	}
	file, err := os.Open("/run/netns/" + n.name)
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() }) // it was only read
	n.file = file
	return n
}

func (n *namespace) ip(args ...string) (output string, err error) {
	b, err := exec.Command("ip", args...).CombinedOutput()
	return strings.TrimSpace(string(b)), err
}

// set sets the inner device "up" or "down".
func (n *namespace) set(t *testing.T, state string) {
	t.Helper()
	output, err := n.ip("-n", n.name, "link", "set", n.inner, state)
	require.NoError(t, err, output)
}

// location returns the location of a node within the namespace.
func (n *namespace) location() location {
	return location{run: []string{"ip", "netns", "exec", n.name}, dial: n.dial}
}

// dial connects from within the namespace. A socket belongs to the namespace of the thread
// that created it.
func (n *namespace) dial(ctx context.Context, network, address string) (net.Conn, error) {
	runtime.LockOSThread()
	back, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return nil, err
	}
	defer back.Close()
	if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return nil, err
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if unix.Setns(int(back.Fd()), unix.CLONE_NEWNET) == nil {
		runtime.UnlockOSThread() // otherwise the thread ends with the goroutine
	}
	return conn, err
}
