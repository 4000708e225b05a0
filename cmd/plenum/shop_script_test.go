package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shopScript returns run.sh as a command. It finds this test binary as plenum.
func shopScript(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	script, err := filepath.Abs(shopFolder + "/run.sh")
	require.NoError(t, err)
	c := exec.Command(script, args...)
	c.Dir = "/" // the script must work in any directory
	c.Env = append(os.Environ(), "PLENUM="+os.Args[0], asProgram+"=1")
	return c
}

// runShop runs the script until the test calls stop, which sends it the signal of Ctrl-C. curl is the command that the script
// prints.
func runShop(t *testing.T, backend string) (_ shop, curl string, stop func()) {
	t.Helper()
	port := freePorts(t, 2)
	c := shopScript(t, backend, "--port", strconv.Itoa(port))
	c.Env = append(c.Env, "PATH="+filepath.Dir(interpreter(t, backend))+":"+os.Getenv("PATH"))
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	var errs lockedBuffer
	c.Stderr = &errs
	require.NoError(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Signal(syscall.SIGTERM) }) // it is still running only if the test has failed
	in := bufio.NewReader(out)
	for !strings.HasPrefix(curl, "curl ") {
		curl, err = in.ReadString('\n')
		require.NoError(t, err, "%s", &errs)
	}
	return readShop(t, in, &errs), curl, func() {
		require.NoError(t, c.Process.Signal(syscall.SIGINT))
		_, err := io.ReadAll(in)
		require.NoError(t, err)
		require.NoError(t, c.Wait(), "%s", &errs)
		for _, at := range []int{port, port + 1} {
			_, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", at))
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
		}
	}
}

func TestTheShopScriptReportsInvalidArguments(t *testing.T) {
	plainOnly(t, "the test starts no server")
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	_, taken, _ := net.SplitHostPort(ln.Addr().String())
	for _, tc := range []struct {
		args, want string
		status     int
	}{
		{"", "want node or python; see --help", 2},
		{"ruby", "ruby: no such option; see --help", 2},
		{"node --port", "--port: want a number from 1 to 65534, got ''", 2},
		{"node --port 65535", "--port: want a number from 1 to 65534, got '65535'", 2},
		{"python --port " + taken, "port " + taken + " is in use; choose others with --port", 1},
	} {
		output, err := shopScript(t, strings.Fields(tc.args)...).CombinedOutput()
		var ended *exec.ExitError
		require.ErrorAs(t, err, &ended, tc.args)
		assert.Equal(t, tc.status, ended.ExitCode(), tc.args)
		assert.Equal(t, "shop: "+tc.want+"\n", string(output))
	}
}

func TestTheShopScriptReportsThatPlenumDidNotStart(t *testing.T) {
	plainOnly(t, "the test starts no server")
	t.Parallel()
	c := shopScript(t, "node", "--port", strconv.Itoa(freePorts(t, 2)))
	c.Env = append(c.Env, "PATH="+filepath.Dir(interpreter(t, "node"))+":"+os.Getenv("PATH"), "PLENUM_MAX_MESSAGE=3B")
	output, err := c.CombinedOutput()
	require.Error(t, err)
	assert.Regexp(t, `(?s)max-message.*\nshop: plenum did not start\n$`, string(output))
}
