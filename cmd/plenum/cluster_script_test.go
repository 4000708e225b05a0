package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// clusterScript returns the script as a command. It finds this test binary as plenum and as nats-server, and keeps its files in
// folder.
func clusterScript(t *testing.T, folder string, args ...string) *exec.Cmd {
	t.Helper()
	script, err := filepath.Abs("../../scripts/cluster.sh")
	require.NoError(t, err)
	tools := t.TempDir()
	require.NoError(t, os.Symlink(os.Args[0], filepath.Join(tools, brokerName)))
	c := exec.Command(script, args...)
	c.Dir = "/" // the script must work in any directory
	c.Env = append(os.Environ(), "PLENUM="+os.Args[0], asProgram+"=1", "NATS_SERVER=", "PATH="+tools+":"+os.Getenv("PATH"), "TMPDIR="+folder)
	return c
}

func isEmpty(t *testing.T, folder string) {
	t.Helper()
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left)
}

// freePorts returns the first of n consecutive free ports.
func freePorts(t *testing.T, n int) (first int) {
	t.Helper()
	for range 100 {
		if first = freeRow(t, n); first > 0 {
			return first
		}
	}
	require.Fail(t, "there are no free ports")
	return 0
}

// freeRow picks a port and checks it and the n-1 following ones. It returns 0 if one of them is not free. The ports are
// below the range from which Linux takes ports for outgoing connections and for listeners on port 0. So no other test takes
// them before the script does.
func freeRow(t *testing.T, n int) (first int) {
	t.Helper()
	first = 10_000 + rand.IntN(20_000)
	for i := range n {
		ln, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", first+i))
		if err != nil {
			return 0
		}
		defer ln.Close()
	}
	return first
}

func TestTheClusterScriptServesAndCleansUp(t *testing.T) {
	plainOnly(t, "the test starts no server")
	t.Parallel()
	folder, port := t.TempDir(), freePorts(t, 4)
	c := clusterScript(t, folder, "--nodes", "2", "--port", strconv.Itoa(port), "--admin", strconv.Itoa(port+2))
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	var errs lockedBuffer
	c.Stderr = &errs
	require.NoError(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Signal(syscall.SIGTERM) }) // it is still running only if the test has failed
	in := bufio.NewReader(out)
	until := func(word string) (output string) {
		for !strings.Contains(output, word) {
			line, err := in.ReadString('\n')
			require.NoError(t, err, "%s", &errs)
			output += line
		}
		return output
	}
	output := until("Ctrl-C")
	var nodes []*testServer
	var pids []int
	for _, found := range regexp.MustCompile(`(http://\S+)/ +operations (http://\S+)/ +process (\d+)`).FindAllStringSubmatch(output, -1) {
		nodes = append(nodes, &testServer{url: found[1], admin: found[2]})
		pid, err := strconv.Atoi(found[3])
		require.NoError(t, err)
		pids = append(pids, pid)
	}
	require.Len(t, nodes, 2)
	a := dial(t, nodes[0], "/ws/chat/a?username=Alex")
	a.receives(`{"sender":"System","text":"Alex joined the room","room":"a","timestamp":T,"seq":1}`)
	require.NoError(t, syscall.Kill(pids[0], syscall.SIGTERM))
	a.retryDelay()
	until(fmt.Sprintf("the node on port %d has ended; to start it again:\n", port))
	b := dial(t, nodes[1], "/ws/chat/a?username=Alex&since=:0")
	_, joined, err := b.conn.Read(b.ctx)
	require.NoError(t, err)
	require.Regexp(t, `^{"type":"joined","room":"a","epoch":"\w+","seq":\d,"recovered":false}$`, string(joined))
	b.receives(`{"sender":"System","text":"Alex joined the room","room":"a","timestamp":T,"seq":1}`)
	b.leaves()

	require.NoError(t, c.Process.Signal(syscall.SIGINT))
	_, err = io.ReadAll(in)
	require.NoError(t, err)
	require.NoError(t, c.Wait(), "%s", &errs)
	assert.Empty(t, errs.String())
	isEmpty(t, folder)
	for _, pid := range pids {
		assert.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)
	}
}

func TestTheClusterScriptReportsInvalidArguments(t *testing.T) {
	plainOnly(t, "the test starts no server")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	_, taken, _ := net.SplitHostPort(ln.Addr().String())
	for _, tc := range []struct {
		args, want string
		status     int
	}{
		{"--port " + taken, "port " + taken + " is in use; choose other ports with --port", 1},
		{"--nodes 1 --port 1 --admin " + taken, "port " + taken + ", for an operations page, is in use; choose other ports with --admin", 1},
		{"--nodes 0", "--nodes: want a number above 0, got '0'", 2},
		{"--nodes 51", "--nodes: want 50 at most, got 51", 2},
		{"--port 65535", "--port: fewer than 3 ports are left from 65535 on", 2},
		{"--port 9088", "--admin: its ports overlap with the ports of --port", 2},
		{"--port", "--port: want a value", 2},
		{"--dance", "--dance: no such option; see --help", 2},
	} {
		folder := t.TempDir()
		c := clusterScript(t, folder, strings.Fields(tc.args)...)
		output, err := c.CombinedOutput()
		var ended *exec.ExitError
		require.ErrorAs(t, err, &ended, tc.args)
		assert.Equal(t, tc.status, ended.ExitCode(), tc.args)
		assert.Equal(t, "cluster: "+tc.want+"\n", string(output))
		isEmpty(t, folder)
	}
}

func TestTheClusterScriptReportsWhyANodeDidNotStart(t *testing.T) {
	plainOnly(t, "the test starts no server")
	t.Parallel()
	folder, port := t.TempDir(), freePorts(t, 2)
	c := clusterScript(t, folder, "--nodes", "1", "--port", strconv.Itoa(port), "--admin", strconv.Itoa(port+1))
	c.Env = append(c.Env, "PLENUM_MAX_MESSAGE=3B")
	output, err := c.CombinedOutput()
	require.Error(t, err)
	assert.Regexp(t, fmt.Sprintf(`(?s)max-message.*\ncluster: the node at port %d did not start\n$`, port), string(output))
	isEmpty(t, folder)
}
