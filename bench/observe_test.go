package bench

import (
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheListeningProcessIsFound(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().(*net.TCPAddr).AddrPort()
	pid, err := Listener(address.Port())
	require.NoError(t, err)
	assert.EqualValues(t, os.Getpid(), pid)
	rss, err := pid.RSS()
	require.NoError(t, err)
	assert.Greater(t, rss, int64(1<<20))
	own := ownCPU().Truncate(time.Millisecond)
	used, err := pid.CPU()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, used, own)
	assert.NotZero(t, used%tick, "it is no finer than /proc")

	listener.Close()
	_, err = Listener(address.Port())
	assert.Error(t, err)
	_, err = observe(0, netip.MustParseAddrPort("192.0.2.1:80"))
	assert.ErrorContains(t, err, "not on this machine")
}

func TestAProcessThatHasEndedHasNoProcessorTime(t *testing.T) {
	ended := exec.Command("true")
	require.NoError(t, ended.Run())
	_, err := PID(ended.Process.Pid).CPU()
	assert.Error(t, err)
}

func TestOnlyListenersOfThePortCount(t *testing.T) {
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	line := func(local, state, inode string) string {
		return strings.Join([]string{"0:", local, "00000000:0000", state, "0:0", "00:0", "0", "0", "0", inode, "1\n"}, " ")
	}
	got := map[string]bool{}
	listening(head+line("0100007F:1F90", "0A", "11")+line("0100007F:1F90", "01", "12")+line("0100007F:1F91", "0A", "13"), 8080, got)
	assert.Equal(t, map[string]bool{"11": true}, got)
}
