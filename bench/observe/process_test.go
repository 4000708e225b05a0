package observe

import (
	"maps"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheProcessThatListensIsFound(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().(*net.TCPAddr).AddrPort()
	pid, err := Listener(address)
	require.NoError(t, err)
	assert.EqualValues(t, os.Getpid(), pid)
	rss, err := pid.RSS()
	require.NoError(t, err)
	assert.Greater(t, rss, int64(1<<20))
	own := OwnCPU().Truncate(time.Millisecond)
	used, err := pid.CPU()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, used, own)
	assert.NotZero(t, used%tick, "it is finer than /proc")

	listener.Close()
	_, err = Listener(address)
	assert.ErrorIs(t, err, ErrNotListening)
	_, err = FindServer(0, []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:80")})
	assert.ErrorContains(t, err, "not a loopback address")
}

func TestAProcessThatHasEndedHasNoProcessorTime(t *testing.T) {
	ended := exec.Command("true")
	require.NoError(t, ended.Run())
	_, err := PID(ended.Process.Pid).CPU()
	assert.Error(t, err)
}

func TestOnlyListenersAtTheAddressCount(t *testing.T) {
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	line := func(local, state, inode string) string {
		return strings.Join([]string{"0:", local, "00000000:0000", state, "0:0", "00:0", "0", "0", "0", inode, "1\n"}, " ")
	}
	table := head + line("0100007F:1F90", "0A", "11") + line("0100007F:1F90", "01", "12") + line("0100007F:1F91", "0A", "13") +
		line("0200007F:1F90", "0A", "14") + line("00000000:1F90", "0A", "15") +
		line("00000000000000000000000000000000:1F90", "0A", "16") + line("0000000000000000FFFF00000100007F:1F90", "0A", "17") +
		line("nonsense", "0A", "18")
	for address, want := range map[string][]string{
		"127.0.0.1:8080": {"11", "15", "16", "17"}, "127.0.0.2:8080": {"14", "15", "16"}, "127.0.0.1:8081": {"13"}, "127.0.0.1:80": {},
	} {
		got := map[string]bool{}
		listening(table, netip.MustParseAddrPort(address), got)
		assert.ElementsMatch(t, want, slices.Collect(maps.Keys(got)), address)
	}
}

// The workers of a server share one socket. None of them is the whole server.
func TestSeveralProcessesThatListenAreAnError(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	file, err := listener.(*net.TCPListener).File()
	require.NoError(t, err)
	defer file.Close()
	other := exec.Command("cat")
	other.ExtraFiles = []*os.File{file}
	in, err := other.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, other.Start())
	defer func() { _ = in.Close(); _ = other.Wait() }()
	_, err = Listener(listener.Addr().(*net.TCPAddr).AddrPort())
	assert.ErrorContains(t, err, "2 processes listen at 127.0.0.1:")
}
