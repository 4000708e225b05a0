package suite

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"syscall"
	"time"
)

const (
	startTime = 30 * time.Second // limit for a server to print its ready line, or for a node to be ready
	stopTime  = 10 * time.Second // from SIGTERM to SIGKILL
)

// process is a server that was started for one run.
type process struct {
	cmd       *exec.Cmd
	out       *output
	addresses []string      // host:port each, in the order of the groups of the ready line
	ended     chan struct{} // closed when the process has ended
}

// start starts a server and waits for its ready line, for at most startTime. ready matches the ready line,
// and its groups match the addresses. The caller stops the process. If start fails, it has stopped it.
func start(ctx context.Context, argv []string, ready *regexp.Regexp) (*process, error) {
	p := &process{
		cmd: exec.Command(argv[0], argv[1:]...), ended: make(chan struct{}),
		out: &output{ready: ready, found: make(chan []string, 1)},
	}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.WaitDelay = time.Second // its child processes may keep the output open
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go p.wait()
	late := time.NewTimer(startTime)
	defer late.Stop()
	select {
	case p.addresses = <-p.out.found:
		return p, nil
	case <-p.ended:
	case <-late.C:
	case <-ctx.Done():
	}
	p.stop(stopTime)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return nil, fmt.Errorf("%s printed no ready line; its output: %q", argv[0], p.out.text)
}

func (p *process) wait() {
	defer close(p.ended)
	_ = p.cmd.Wait() // the error only says that a signal ended the process
}

// stop sends SIGTERM, and SIGKILL if the server still runs after patience. It waits until the process has
// ended.
func (p *process) stop(patience time.Duration) {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails if the process has ended already
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-p.ended:
		return
	case <-late.C:
	}
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// mostText bounds the output, in bytes, that is kept until the ready line is found.
const mostText = 4 << 10

// readyLine is the ready line of a single server. Its group is the address for clients.
var readyLine = regexp.MustCompile(` serves https?://([0-9.]+:[0-9]+)/`)

// host returns the first address of the ready line: the server's address for clients, except for the NATS server.
func (p *process) host() string { return p.addresses[0] }

// output reads the output of a server and finds the addresses of its ready line. Only the
// goroutine of exec.Cmd writes to it; text may be read after the process has ended.
type output struct {
	ready *regexp.Regexp
	found chan []string // receives the matches of ready's groups, once; capacity 1
	text  []byte        // the last mostText bytes of the output up to the ready line
	done  bool          // the ready line was found
}

func (o *output) Write(b []byte) (int, error) {
	if o.done {
		return len(b), nil
	}
	o.text = append(o.text, b...)
	if match := o.ready.FindStringSubmatch(string(o.text)); match != nil {
		o.done = true
		o.found <- match[1:]
	}
	o.text = o.text[max(0, len(o.text)-mostText):]
	return len(b), nil
}
