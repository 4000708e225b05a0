package bench

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/internal/fakeserver"
)

// namespace makes a network namespace that exists until the test ends. It reaches the namespace of the test at outer, which
// reaches it at inner; both are addresses of a /30 from the block for network tests (RFC 2544). It skips the test if it cannot make
// one. It returns the beginning of a command that runs a program in it, with a monotonic clock that is ahead by some seconds.
func namespace(t *testing.T, number int, outer, inner string, ahead int) (prefix []string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make namespaces")
	}
	for _, tool := range []string{"ip", "unshare"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s on PATH to make a namespace", tool)
		}
	}
	name := fmt.Sprintf("plenum-agent-%d-%d", os.Getpid(), number)
	if output, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
		t.Skipf("cannot make a network namespace: %v: %s", err, output)
	}
	ip := func(args string) {
		t.Helper()
		output, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput()
		require.NoError(t, err, "ip %s: %s", args, output)
	}
	t.Cleanup(func() { // removes the veth pair too
		output, err := exec.Command("ip", "netns", "del", name).CombinedOutput()
		assert.NoError(t, err, string(output))
	})
	out, in := fmt.Sprintf("pa%d-%do", os.Getpid(), number), fmt.Sprintf("pa%d-%di", os.Getpid(), number)
	if output, err := exec.Command("ip", "link", "add", out, "type", "veth", "peer", "name", in, "netns", name).CombinedOutput(); err != nil {
		t.Skipf("cannot make a veth pair: %v: %s", err, output)
	}
	ip("addr add " + outer + "/30 dev " + out)
	ip("link set " + out + " up")
	ip("-n " + name + " addr add " + inner + "/30 dev " + in)
	ip("-n " + name + " link set lo up")
	ip("-n " + name + " link set " + in + " up")
	ip("-n " + name + " route add default via " + outer)
	return []string{"ip", "netns", "exec", name, "unshare", "--time", "--fork", "--kill-child", "--monotonic", fmt.Sprint(ahead), "--"}
}

// The clocks of the agents differ by days. Without the shift, the latencies would too. The
// test is not parallel, because the addresses of its networks are fixed.
func TestAgentsOfOtherNetworksAndClocksShareARun(t *testing.T) {
	first := namespace(t, 1, "198.18.78.1", "198.18.78.2", 100_000)
	second := namespace(t, 2, "198.18.78.5", "198.18.78.6", 900_000)
	one, _ := startAgent(t, "198.18.78.2:9191", first...)
	two, _ := startAgent(t, "198.18.78.6:9191", second...)
	h := fakeserver.NewHub(t)
	h.ListenAt(t, "198.18.78.1")
	r, err := fanOf(h, 500*time.Millisecond, one, two).Run(fakeserver.Context(t), leading())
	require.NoError(t, err)
	checkAgentRun(t, r, one, two)
}
