package bench

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/drive"
	"plenum/bench/internal/fakeserver"
	"plenum/bench/sequence"
)

const copyVariable = "BENCH_TEST_COPY"

// TestCopyProcess is the program of the copies, not a test.
func TestCopyProcess(t *testing.T) {
	if os.Getenv(copyVariable) == "" {
		t.Skip("for the tests that start copies")
	}
	if err := drive.Work(context.Background(), os.Stdin, os.Stdout); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// copying returns a driver whose copies run TestCopyProcess.
func copying() *drive.Driver {
	return &drive.Driver{Copy: func() *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run=^TestCopyProcess$")
		cmd.Env = append(os.Environ(), copyVariable+"=1")
		cmd.Stderr = os.Stderr
		return cmd
	}}
}

func TestCopiesShareARunAndTheirCountsAreMerged(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	h.OnDeliver(func(n, member int, p []byte) [][]byte {
		switch {
		case n == 7 && member == 0:
			return nil
		case n == 8 && member == 4:
			return [][]byte{p, p}
		}
		return [][]byte{p}
	})
	for _, wrong := range []bool{true, false} {
		if !wrong {
			h = fakeserver.NewHub(t)
		}
		traffic := trafficTo(h, 500*time.Millisecond)
		traffic.Processes, traffic.Drain = 3, Duration(500*time.Millisecond)
		fan := &Fan{Traffic: traffic, Rooms: 2, Members: 5, Senders: 2, Rate: 50}
		r, err := fan.Run(fakeserver.Context(t), copying())
		require.NoError(t, err)
		assert.Equal(t, 3, r.Generator.Processes)
		assert.EqualValues(t, 50, r.Sent)
		if wrong {
			// There are two rooms with two streams each.
			assert.Equal(t, sequence.Flaws{Lost: 4, Duplicated: 4}, r.Flaws)
			continue
		}
		assert.Empty(t, r.Failures)
		assert.EqualValues(t, 50*5, r.Delivered)
		assert.EqualValues(t, 50*5, r.Delivery.Count)
		assert.EqualValues(t, 50, r.Completion.Count)
	}
}

func TestCtrlCEndsTheCopiesToo(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	ctx, cancel := context.WithCancel(fakeserver.Context(t))
	h.BeforeEach(func(number int) {
		if number == 10 {
			cancel()
		}
	})
	traffic := trafficTo(h, time.Minute)
	traffic.Processes = 2
	r, err := (&Fan{Traffic: traffic, Rooms: 1, Members: 4, Senders: 1, Rate: 50}).Run(ctx, copying())
	require.NoError(t, err)
	assert.True(t, r.Cut)
	assert.Empty(t, r.Failures)
	assert.Equal(t, 4*r.Sent, r.Delivered)
}

func TestAnErrorOfACopyIsTheErrorOfTheRun(t *testing.T) {
	traffic := trafficTo(&fakeserver.Hub{URL: "ws://127.0.0.1:1/"}, time.Second)
	traffic.Processes = 2
	_, err := (&Fan{Traffic: traffic, Rooms: 1, Members: 4, Senders: 1, Rate: 50}).Run(fakeserver.Context(t), copying())
	assert.ErrorContains(t, err, "connection refused")
}
