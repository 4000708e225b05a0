package bench

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/agent"
	"plenum/bench/drive"
	"plenum/bench/internal/fakeserver"
)

const agentVariable = "BENCH_TEST_AGENT"

var testIdentity = agent.Identity{Build: "test", Secret: "a secret of tests"}

// TestAgentProcess is the program of the agents, not a test. It ends when its input ends.
func TestAgentProcess(t *testing.T) {
	address := os.Getenv(agentVariable)
	if address == "" {
		t.Skip("for the tests that start agents")
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("agent listens at", l.Addr())
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		cancel()
	}()
	a := &agent.Agent{Identity: testIdentity, Work: drive.Work, Log: func(text string) { fmt.Fprintln(os.Stderr, text) }}
	if err := a.Serve(ctx, l); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// startAgent starts an agent that listens at address. prefix is the beginning of the command, for example to run it in a
// network namespace. kill ends the agent at once.
func startAgent(t *testing.T, address string, prefix ...string) (at string, kill func()) {
	t.Helper()
	argv := append(prefix, os.Args[0], "-test.run=^TestAgentProcess$")
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), agentVariable+"="+address)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait() // a killed agent fails
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	at, ok := strings.CutPrefix(strings.TrimSpace(line), "agent listens at ")
	require.True(t, ok, line)
	return at, func() { _ = cmd.Process.Kill() }
}

func leading() *drive.Driver { return &drive.Driver{Identity: testIdentity} }

// fanOf returns a scenario with two rooms of five members.
func fanOf(h *fakeserver.Hub, duration time.Duration, agents ...string) *Fan {
	traffic := trafficTo(h, duration)
	traffic.Agent = agents
	return &Fan{Traffic: traffic, Rooms: 2, Members: 5, Senders: 2, Rate: 50}
}

func TestAgentsShareARunAndItsResultSaysHowTheirClocksAgree(t *testing.T) {
	t.Parallel()
	one, _ := startAgent(t, "127.0.0.2:0")
	two, _ := startAgent(t, "127.0.0.3:0")
	h := fakeserver.NewHub(t)
	for range 2 { // an agent can be used again
		r, err := fanOf(h, 500*time.Millisecond, one, two).Run(fakeserver.Context(t), leading())
		require.NoError(t, err)
		checkAgentRun(t, r, one, two)
	}
}

// checkAgentRun checks a sound result of two agents.
func checkAgentRun(t *testing.T, r *Result, one, two string) {
	t.Helper()
	assert.Empty(t, r.Failures)
	assert.Equal(t, 10, r.Connections)
	assert.Equal(t, r.Sent*5, r.Delivered)
	require.Len(t, r.Agents, 2)
	assert.Equal(t, []string{one, two}, []string{r.Agents[0].Address, r.Agents[1].Address})
	assert.Equal(t, r.Delivered, r.Agents[0].Delivered+r.Agents[1].Delivered)
	for _, a := range r.Agents {
		assert.NotZero(t, a.Delivered)
		assert.Equal(t, runtime.NumCPU(), a.Usable)
		assert.Positive(t, a.UncertainMs)
		assert.Less(t, a.UncertainMs, 1000.0)
		assert.LessOrEqual(t, a.DriftMs, a.UncertainMs)
	}
	assert.Nil(t, r.Machine)
	require.NotNil(t, r.Delivery)
	assert.Greater(t, r.Delivery.P50, -r.uncertain())
	assert.Less(t, r.Delivery.P50, 1000.0)
	assert.Contains(t, r.Notes[len(r.Notes)-1], "2 generators measured, each by its own clock")
}

func TestALostAgentEndsTheRunWithItsName(t *testing.T) {
	t.Parallel()
	one, _ := startAgent(t, "127.0.0.2:0")
	two, kill := startAgent(t, "127.0.0.3:0")
	h := fakeserver.NewHub(t)
	h.BeforeEach(func(n int) {
		if n == 10 {
			kill()
		}
	})
	_, err := fanOf(h, 20*time.Second, one, two).Run(fakeserver.Context(t), leading())
	require.ErrorContains(t, err, "agent "+two+" ended")
	r, err := fanOf(fakeserver.NewHub(t), 200*time.Millisecond, one).Run(fakeserver.Context(t), leading())
	require.NoError(t, err, "the other agent can be used again")
	assert.Empty(t, r.Failures)
}

func TestAgentsNeedASecretAndProperAddresses(t *testing.T) {
	h := fakeserver.NewHub(t)
	_, err := fanOf(h, time.Second, "127.0.0.1:1").Run(fakeserver.Context(t), &drive.Driver{})
	assert.ErrorContains(t, err, "--agent: agents need a secret: the environment variable PLENUM_BENCH_SECRET must have at least 16 bytes")
	_, err = fanOf(h, time.Second, "127.0.0.1:1").Run(fakeserver.Context(t), leading())
	assert.ErrorContains(t, err, "agent 127.0.0.1:1: dial tcp")

	assert.ErrorContains(t, fanOf(h, time.Second, "10.0.0.7").Validate(), "--agent: must be a host and a port, such as 10.0.0.7:9191, got")
	assert.ErrorContains(t, fanOf(h, time.Second, "a:1", "a:1").Validate(), "--agent: a:1 is given twice")
	both := fanOf(h, time.Second, "a:1")
	both.Processes = 2
	assert.ErrorContains(t, both.Validate(), "--agent: must be left out if --processes is set")
}

func TestOneAgentHasOneClock(t *testing.T) {
	r := sound()
	r.Agents = []AgentFigures{{UncertainMs: 100}}
	r.judgeAgents()
	assert.Empty(t, r.Reasons)
	assert.Empty(t, r.Notes)
}

func TestAnAgentIsJudgedByTheCoresOfItsOwnMachine(t *testing.T) {
	for loops, agent := range map[int]AgentFigures{1: {Address: "a:1", Usable: 8, Cores: 0.95}, 8: {Address: "a:1", Usable: 1, Cores: 0.95}} {
		r := sound()
		r.Generator.Loops, r.Agents = loops, []AgentFigures{agent}
		r.judgeAgents()
		assert.Equal(t, []string{"the agent a:1 used 0.95 cores of the 1 its loops can use"}, r.Reasons)
	}
	r := sound()
	r.Generator.Loops, r.Agents = 8, []AgentFigures{{Usable: 2, Cores: 0.95}}
	r.judgeAgents()
	assert.Empty(t, r.Reasons)
}

func TestUncertainClocksInvalidateAResult(t *testing.T) {
	r := sound()
	r.Agents = []AgentFigures{{UncertainMs: 0.1}, {UncertainMs: 0.3}, {UncertainMs: 0.2}}
	r.Delivery.P50 = 1.1
	r.judgeAgents()
	assert.Empty(t, r.Reasons)
	r.Delivery.P50 = 0.9
	r.judgeAgents()
	assert.Equal(t, []string{"the clocks of the agents may differ by 0.500 ms, of a latency of p50 0.900 ms"}, r.Reasons)
	assert.Contains(t, r.Notes, "3 generators measured, each by its own clock: latencies between two of them may be wrong by up to 0.500 ms")
}
