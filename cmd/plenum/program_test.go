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

	"plenum/cmd/plenum/internal/browsertest"
)

// asProgram is the environment variable with which this test binary runs as the program.
const asProgram = "PLENUM_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == brokerName {
		beBroker()
	}
	if os.Getenv(asProgram) != "" {
		main()
	}
	tlsRun.begin()
	goleak.VerifyTestMain(browsertest.Suite{Tests: m}, append(ofBrokers, goleak.Cleanup(func(status int) {
		tlsRun.end()
		os.Exit(status)
	}))...)
}

// ofBrokers ignores goroutines of a nats-server in this process. They may end seconds after WaitForShutdown has returned.
var ofBrokers = []goleak.Option{
	goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*fileStore).flushStreamStateLoop"),
	goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server/ats.Register.func1"),
}

// process is plenum in a separate process, on free ports, with pipes for its output.
type process struct {
	*exec.Cmd
	stdout, stderr *os.File // the reading ends of the pipes
}

// program returns a process that is not started yet.
func program(t *testing.T, flags ...string) *process {
	t.Helper()
	args := append([]string{"serve", "--listen=127.0.0.1:0", "--admin=127.0.0.1:0"}, flags...)
	p := &process{Cmd: exec.Command(os.Args[0], args...)}
	p.Env = append(os.Environ(), asProgram+"=1")
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	pipe := func() (r, w *os.File) {
		r, w, err := os.Pipe()
		require.NoError(t, err)
		t.Cleanup(func() { _, _ = r.Close(), w.Close() }) // may be closed already
		return r, w
	}
	var out, errs *os.File
	p.stdout, out = pipe()
	p.stderr, errs = pipe()
	p.Stdout, p.Stderr = out, errs
	return p
}

// begin starts the process and reads its addresses. The process ends with the test.
func (p *process) begin(t *testing.T) *testServer {
	t.Helper()
	require.NoError(t, p.Start())
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait() // it has ended already or was killed
	})
	first, err := bufio.NewReader(p.stdout).ReadString('\n')
	require.NoError(t, err)
	found := urls.FindStringSubmatch(first)
	require.NotNil(t, found, first)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return &testServer{url: found[1], admin: found[2]}
}

// logsALine makes the process log a line, by reloading its settings.
func (p *process) logsALine(t *testing.T) {
	t.Helper()
	require.NoError(t, p.Process.Signal(syscall.SIGHUP))
}

// chats joins a room with a client and publishes a message.
func (s *testServer) chats(t *testing.T) {
	t.Helper()
	a := dial(t, s, "/ws/chat/a?username=Alex")
	a.receives(`{"sender":"System","text":"Alex joined the room","room":"a","timestamp":T,"seq":1}`)
	a.sends("hi")
	a.receives(`{"sender":"Alex","text":"hi","room":"a","timestamp":T,"seq":2}`)
	a.leaves()
}

func (p *process) endsWell(t *testing.T) {
	t.Helper()
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	assert.NoError(t, p.Wait())
}

func TestTheServerContinuesIfItsLogCannotBeWritten(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer full.Close()
	p := program(t)
	p.Stderr = full
	s := p.begin(t)
	p.logsALine(t)
	s.chats(t)
	p.endsWell(t)
}

func TestTheServerContinuesIfNobodyReadsItsOutput(t *testing.T) {
	p := program(t)
	s := p.begin(t)
	for _, end := range []any{p.Stdout, p.Stderr, p.stdout, p.stderr} {
		require.NoError(t, end.(*os.File).Close())
	}
	p.logsALine(t)
	s.chats(t)
	p.endsWell(t)
}

func TestASecondSignalEndsTheProgramAtOnce(t *testing.T) {
	p := program(t, "--drain-delay=1h")
	s := p.begin(t)
	a := dial(t, s, "/echo")
	a.receives("Connected. Say something.")
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { status, _ := get(t, s.admin+"/readyz"); return status == http.StatusServiceUnavailable }, wait, tick)
	a.sends("still served")
	a.receives("You said: still served")
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	var ended *exec.ExitError
	require.ErrorAs(t, p.Wait(), &ended)
	assert.Equal(t, syscall.SIGTERM, ended.Sys().(syscall.WaitStatus).Signal())
}
