package bench

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/internal/fakeserver"
	"plenum/bench/speak"
)

// The peer's folder has Socket.IO after "npm ci".
const socketIOModules = "peers/socketio/node_modules"

func TestTheSocketIOServerOfTheManualIsMeasured(t *testing.T) {
	node, err := exec.LookPath("node")
	modules, missing := filepath.Abs(socketIOModules)
	if _, notInstalled := os.Stat(modules); err != nil || missing != nil || notInstalled != nil {
		t.Skip("it needs node, and npm ci in bench/peers/socketio")
	}
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	program := regexp.MustCompile("(?ms)^```mjs\n(.*?)^```").FindSubmatch(text)
	require.NotNil(t, program)
	require.Contains(t, string(program[1]), "new Server(3000,")
	folder, address := t.TempDir(), freeAddress(t)
	server := strings.Replace(string(program[1]), "3000", strconv.Itoa(address.Port), 1)
	require.NoError(t, os.Symlink(modules, filepath.Join(folder, "node_modules")))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "server.mjs"), []byte(server), 0o600))
	cmd := exec.CommandContext(t.Context(), node, "server.mjs")
	cmd.Dir, cmd.Stderr = folder, t.Output()
	require.NoError(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	listens := func() bool {
		c, err := net.DialTCP("tcp", nil, address)
		return err == nil && c.Close() == nil
	}
	require.Eventually(t, listens, fakeserver.Timeout, 10*time.Millisecond)

	traffic := trafficTo(&fakeserver.Hub{URL: "ws://" + address.String()}, 500*time.Millisecond)
	traffic.Speak = speak.SocketIO
	r := measured(t, &Fan{Traffic: traffic, Rooms: 2, Members: 3, Senders: 1, Rate: 100})
	assert.Empty(t, r.Failures)
	assert.EqualValues(t, 3*r.Sent, r.Delivered)
	assert.NotNil(t, r.Room, "the server's numbers were found")
}

// freeAddress returns an address on which nothing listens.
func freeAddress(t *testing.T) *net.TCPAddr {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr)
}
