package main

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// asProgram in the environment has this test binary be the program.
const asProgram = "PLENUM_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == brokerName {
		beBroker()
	}
	if os.Getenv(asProgram) != "" {
		main()
	}
	secret.begin()
	goleak.VerifyTestMain(m, append(ofBrokers, goleak.Cleanup(func(status int) {
		secret.end()
		os.Exit(status)
	}))...)
}

// ofBrokers ignores goroutines of a nats-server in this process, which may outlast its WaitForShutdown by seconds.
var ofBrokers = []goleak.Option{
	goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*fileStore).flushStreamStateLoop"),
	goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server/ats.Register.func1"),
}

// process is plenum as a process of its own, on free ports, with pipes for what it says.
type process struct {
	*exec.Cmd
	stdout, stderr *os.File // the ends to read
}

// program is not started yet.
func program(t *testing.T, flags ...string) *process {
	t.Helper()
	args := append([]string{"serve", "--listen=127.0.0.1:0", "--admin=127.0.0.1:0"}, flags...)
	p := &process{Cmd: exec.Command(os.Args[0], args...)}
	p.Env = append(os.Environ(), asProgram+"=1")
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	pipe := func() (r, w *os.File) {
		r, w, err := os.Pipe()
		require.NoError(t, err)
		t.Cleanup(func() { _, _ = r.Close(), w.Close() }) // closed already, maybe
		return r, w
	}
	var out, errs *os.File
	p.stdout, out = pipe()
	p.stderr, errs = pipe()
	p.Stdout, p.Stderr = out, errs
	return p
}

// begin starts it, until the test ends, and reads where it listens.
func (p *process) begin(t *testing.T) *testServer {
	t.Helper()
	require.NoError(t, p.Start())
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait() // it has ended already, or was killed
	})
	first, err := bufio.NewReader(p.stdout).ReadString('\n')
	require.NoError(t, err)
	found := urls.FindStringSubmatch(first)
	require.NotNil(t, found, first)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return &testServer{url: found[1], admin: found[2]}
}

// hasToSaySomething has it log that it has read its settings again.
func (p *process) hasToSaySomething(t *testing.T) {
	t.Helper()
	require.NoError(t, p.Process.Signal(syscall.SIGHUP))
}

// chats has somebody join a room and speak.
func (s *testServer) chats(t *testing.T) {
	t.Helper()
	a := dial(t, s, "/ws/chat/a?username=Alex")
	a.hears(`{"sender":"System","text":"Alex joined the room","room":"a","timestamp":T,"seq":1}`)
	a.says("hi")
	a.hears(`{"sender":"Alex","text":"hi","room":"a","timestamp":T,"seq":2}`)
	a.leaves()
}

func (p *process) endsWell(t *testing.T) {
	t.Helper()
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	assert.NoError(t, p.Wait())
}

func TestGoesOnWhereItsLogCannotBeWritten(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer full.Close()
	p := program(t)
	p.Stderr = full
	s := p.begin(t)
	p.hasToSaySomething(t)
	s.chats(t)
	p.endsWell(t)
}

func TestGoesOnWhereNobodyReadsItsOutput(t *testing.T) {
	p := program(t)
	s := p.begin(t)
	for _, end := range []any{p.Stdout, p.Stderr, p.stdout, p.stderr} {
		require.NoError(t, end.(*os.File).Close())
	}
	p.hasToSaySomething(t)
	s.chats(t)
	p.endsWell(t)
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	p := program(t, "--drain-delay=1h")
	s := p.begin(t)
	a := dial(t, s, "/echo")
	a.hears("Connected. Say something.")
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { status, _ := get(t, s.admin+"/readyz"); return status == http.StatusServiceUnavailable }, wait, tick)
	a.says("still served")
	a.hears("You said: still served")
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	var ended *exec.ExitError
	require.ErrorAs(t, p.Wait(), &ended)
	assert.Equal(t, syscall.SIGTERM, ended.Sys().(syscall.WaitStatus).Signal())
}
