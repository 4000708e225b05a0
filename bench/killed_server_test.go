package bench

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/drive"
	"plenum/bench/internal/fakeserver"
)

const serverVariable = "BENCH_TEST_SERVER"

// TestServerProcess is the program of a server in a process of its own, not a test.
func TestServerProcess(t *testing.T) {
	if os.Getenv(serverVariable) == "" {
		t.Skip("for the tests that kill a server")
	}
	fmt.Println(fakeserver.NewHub(t).URL)
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test ends
}

// hubProcess starts a hub in a process of its own.
func hubProcess(t *testing.T) (url string, process *os.Process) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestServerProcess$")
	cmd.Env, cmd.Stderr = append(os.Environ(), serverVariable+"=1"), os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() }) // the test may have killed it
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line), cmd.Process
}

// killing runs a scenario whose server is killed in a phase of the run.
func killing(t *testing.T, phase string, s func(o Traffic) Scenario) *Result {
	t.Helper()
	url, process := hubProcess(t)
	killed := false
	kill := func(f drive.Live) {
		if f.Phase == phase && f.Elapsed > 200*time.Millisecond && !killed {
			killed = true
			assert.NoError(t, process.Kill())
			_, _ = process.Wait() // nothing is left of it then
		}
	}
	scenario := s(trafficTo(&fakeserver.Hub{URL: url}, 3*time.Second))
	require.NoError(t, scenario.Validate())
	r, err := scenario.Run(fakeserver.Context(t), &drive.Driver{Live: kill})
	require.NoError(t, err)
	require.True(t, killed)
	return r
}

func TestAKilledServerIsBlamedAtOnce(t *testing.T) {
	t.Parallel()
	r := killing(t, "measuring", func(traffic Traffic) Scenario {
		traffic.Duration, traffic.Drain = Duration(time.Minute), Duration(time.Minute)
		return &Fan{Traffic: traffic, Rooms: 2, Members: 3, Senders: 1, Rate: 100}
	})
	require.GreaterOrEqual(t, len(r.Failures), 2)
	assert.Equal(t, "the server's process ended during the run", r.Failures[0])
	assert.Regexp(t, "^6 connections ended by the server: [0-9]+ (reset|ended without a close frame)", r.Failures[1])
	assert.EqualValues(t, 6, r.Ended)
	ends := uint64(0)
	for _, n := range r.Ends {
		ends += n
	}
	assert.Equal(t, r.Ended, ends)
	assert.True(t, r.Server.Ended)
	assert.False(t, r.Cut)
	assert.Less(t, r.Seconds, 30.0, "the run ends with the server")
	assert.Positive(t, r.Server.CPU, "until it ended")
	r.Generator.BusiestInterval = 1
	assert.False(t, r.Overrun(), "the generator cannot have caused that")
}

func TestASearchWhoseServerIsKilledKeepsTheRatesSoFar(t *testing.T) {
	t.Parallel()
	url, process := hubProcess(t)
	fan := Fan{Traffic: trafficTo(&fakeserver.Hub{URL: url}, 300*time.Millisecond), Rooms: 1, Members: 2, Senders: 1, Rate: 20}
	fan.Drain = Duration(100 * time.Millisecond)
	steps, phase := 0, ""
	kill := func(f drive.Live) {
		if f.Phase == "measuring" && phase != "measuring" {
			steps++
		}
		if phase = f.Phase; steps == 2 {
			_ = process.Kill() // again and again
		}
	}
	r, err := (&Saturate{Fan: fan, Bound: Duration(10 * time.Second), Most: 1000, Fine: 0.5}).Run(fakeserver.Context(t), &drive.Driver{Live: kill})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(r.Failures), 3)
	assert.Equal(t, "the server's process ended during the run", r.Failures[0])
	assert.Regexp(t, "^2 connections ended by the server: ", r.Failures[1])
	assert.Regexp(t, "^the search ended at 30 messages per second: bench: dial .*: connection refused$", r.Failures[len(r.Failures)-1])
	assert.Equal(t, 20.0, r.Saturate.Rate)
	assert.Equal(t, "server", r.Saturate.LimitedBy)
	assert.Positive(t, r.Seconds)
	assert.Nil(t, r.Delivery)
}

func TestAKilledServerIsBlamedWithoutMessagesToo(t *testing.T) {
	t.Run("idle", func(t *testing.T) {
		t.Parallel()
		r := killing(t, "measuring", func(traffic Traffic) Scenario {
			return &Idle{Options: traffic.Options, Members: 2, Steps: []int{4}}
		})
		assert.Equal(t, "the server's process ended during the run", r.Failures[0])
		assert.Regexp(t, "^4 connections ended by the server: ", r.Failures[1])
	})
	t.Run("connect", func(t *testing.T) {
		t.Parallel()
		r := killing(t, "steady", func(traffic Traffic) Scenario {
			return &Connect{Options: traffic.Options, Storm: 2, Rate: 20, Keep: 2, Members: 2}
		})
		assert.Contains(t, r.Failures, "the server's process ended during the run")
		assert.Contains(t, strings.Join(r.Failures, ";"), "upgrades of the steady failed")
	})
}
