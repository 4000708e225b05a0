package engine

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/lesismal/nbio"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConnsWithinLeavesAReserve(t *testing.T) {
	for descriptors, want := range map[int]int{0: 1, 64: 1, 1024: 952, 20_000: 19_780, 1 << 20: 1_040_320, 16 << 20: 16_646_080} {
		assert.Equal(t, want, ConnsWithin(descriptors), "%d descriptors", descriptors)
	}
}

func TestTheDefaultOfMaxConnsAndTheTableFollowTheDescriptorLimit(t *testing.T) {
	for _, c := range []struct{ limit, maxConns, wantDefault, wantTable int }{
		{1024, 0, 952, 1024},
		{1 << 20, 0, 1_040_320, 1 << 20},
		{1 << 20, 1000, 1_040_320, 1 << 20}, // other parts of the process have descriptors, too
		{5_000_000, 0, 4_960_874, 4_999_168 + 832},
		{5_000_000, 1000, 4_960_874, 2 << 20},
		{16 << 20, 0, 16_646_080, 16 << 20},
		{1_073_741_816, 0, 2_080_704, 2 << 20},
		{1_073_741_816, 10_000_000, 2_080_704, 10_079_232},
	} {
		maxConns := c.maxConns
		if maxConns == 0 {
			maxConns = defaultMaxConns(c.limit)
		}
		assert.Equal(t, c.wantDefault, defaultMaxConns(c.limit), "a limit of %d", c.limit)
		assert.Equal(t, c.wantTable, descriptorTable(c.limit, maxConns), "a limit of %d and %d connections", c.limit, c.maxConns)
		assert.GreaterOrEqual(t, ConnsWithin(descriptorTable(c.limit, maxConns)), maxConns)
	}
}

// nbio reads the size of its table from a global variable, which the Engines of a process share.
func TestEachEngineHasATableOfItsOwnSize(t *testing.T) {
	before := nbio.MaxOpenFiles
	for _, size := range []int{5000, 4000, 6000} {
		e := unstarted(t, Config{})
		e.pollers.descriptors = size
		dial := serving(t, e, func(w http.ResponseWriter, r *http.Request) { _ = e.Upgrade(w, r, nil, echoAll{make(chan int, 1)}) })
		assert.True(t, upgrades(t, dial()))
		assert.Equal(t, size, reflect.ValueOf(e.pollers.nb).Elem().FieldByName("connsUnix").Len())
	}
	assert.Equal(t, before, nbio.MaxOpenFiles)
}

// upgrades reports whether c is answered 101. If not, c must be closed, or have been answered 503.
func upgrades(t *testing.T, c net.Conn) bool {
	t.Helper()
	_, _ = io.WriteString(c, upgradeRequest)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return false
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return true
	}
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	return false
}

// freeDescriptor returns the lowest descriptor that is not open.
func freeDescriptor(t *testing.T) int {
	f, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer f.Close()
	return int(f.Fd())
}

func TestAConnectionIsRefusedIfItsDescriptorHasNoPlaceInTheTable(t *testing.T) {
	for name, listener := range map[string]func(net.Listener) net.Listener{
		"accepted by a poller": func(ln net.Listener) net.Listener { return ln },
		"accepted by net/http": func(ln net.Listener) net.Listener { return struct{ net.Listener }{ln} },
	} {
		t.Run(name, func(t *testing.T) {
			const spare = 60
			e := unstarted(t, Config{Pollers: 1})
			e.pollers.descriptors = freeDescriptor(t) + spare
			dial := servingOn(t, e, listener(listenLocal(t)), func(w http.ResponseWriter, r *http.Request) {
				_ = e.Upgrade(w, r, nil, echoAll{make(chan int, 1)})
			})
			var open []net.Conn
			for {
				c := dial()
				open = append(open, c)
				if !upgrades(t, c) {
					break
				}
				require.Less(t, len(open), spare)
			}
			require.Greater(t, len(open), 5)
			require.Eventually(t, func() bool {
				s := e.Stats()
				return s.Counts[AcceptFailures]+int64(s.Refused[RefusedHijack]) > 0
			}, soon, time.Millisecond, "it is counted")

			_, err := io.WriteString(open[0], "\x81\x85\x00\x00\x00\x00hello")
			require.NoError(t, err)
			got := make([]byte, 7)
			_, err = io.ReadFull(open[0], got)
			require.NoError(t, err)
			assert.Equal(t, "\x81\x05hello", string(got), "the others are served")

			for _, c := range open {
				require.NoError(t, c.Close())
			}
			require.Eventually(t, func() bool {
				c := dial()
				defer c.Close()
				return upgrades(t, c)
			}, soon, time.Millisecond, "there is a place again")
		})
	}
}
