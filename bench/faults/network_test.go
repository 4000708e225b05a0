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

// The two ends of the cable, of the block for tests of networks (RFC 2544, RFC 5735).
const (
	outerAddress = "198.18.77.1"
	innerAddress = "198.18.77.2"
)

// namespace is a network of its own, with a cable to that of the test and its own loopback.
type namespace struct {
	name         string
	outer, inner string // the cable's ends
	file         *os.File
}

// newNamespace is there until the test ends. The test is skipped where it cannot be had.
func newNamespace(t *testing.T) *namespace {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces can be made by root alone")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("there is no ip (iproute2) to make a network namespace with")
	}
	n := &namespace{name: fmt.Sprint("plenum-faults-", os.Getpid()), outer: fmt.Sprintf("pf%d-o", os.Getpid()), inner: fmt.Sprintf("pf%d-i", os.Getpid())}
	if output, err := n.ip("netns", "add", n.name); err != nil {
		t.Skipf("no network namespace can be made here: %v: %s", err, output)
	}
	t.Cleanup(func() { // the cable goes with it
		output, err := n.ip("netns", "del", n.name)
		assert.NoError(t, err, output)
	})
	if output, err := n.ip("link", "add", n.outer, "type", "veth", "peer", "name", n.inner, "netns", n.name); err != nil {
		t.Skipf("no veth can be made here: %v: %s", err, output)
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

// set plugs the cable in, "up", or pulls it, "down".
func (n *namespace) set(t *testing.T, state string) {
	t.Helper()
	output, err := n.ip("-n", n.name, "link", "set", n.inner, state)
	require.NoError(t, err, output)
}

// place is where a node runs that is in it.
func (n *namespace) place() place {
	return place{run: []string{"ip", "netns", "exec", n.name}, dial: n.dial}
}

// dial connects within it: a socket stays in the network of the thread that has made it.
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
		runtime.UnlockOSThread() // else the thread ends with the goroutine
	}
	return conn, err
}
