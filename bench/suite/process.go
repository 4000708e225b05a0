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
	startTime = 30 * time.Second // for a server to say where it listens
	stopTime  = 10 * time.Second // after SIGTERM
)

// process is a server that was started for one run.
type process struct {
	cmd   *exec.Cmd
	out   *output
	said  []string      // what its ready line has, a server's host and port first
	ended chan struct{} // closed when it has been waited for
}

// start starts a server and waits for its ready line. The caller stops it.
func start(ctx context.Context, argv []string, ready *regexp.Regexp) (*process, error) {
	p := &process{
		cmd: exec.Command(argv[0], argv[1:]...), ended: make(chan struct{}),
		out: &output{ready: ready, found: make(chan []string, 1)},
	}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.WaitDelay = time.Second // what it has started may hold its output open
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go p.wait()
	late := time.NewTimer(startTime)
	defer late.Stop()
	select {
	case p.said = <-p.out.found:
		return p, nil
	case <-p.ended:
	case <-late.C:
	case <-ctx.Done():
	}
	p.stop(stopTime)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return nil, fmt.Errorf("%s gave no ready line, but %q", argv[0], p.out.text)
}

func (p *process) wait() {
	defer close(p.ended)
	_ = p.cmd.Wait() // a signal ended it
}

// stop ends the server, by force where its patience ends first, and waits for it.
func (p *process) stop(patience time.Duration) {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails where it is gone already
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

// mostText of a server's output is kept until it has said where it listens, in bytes.
const mostText = 4 << 10

var readyLine = regexp.MustCompile(` serves https?://([0-9.]+:[0-9]+)/`)

func (p *process) host() string { return p.said[0] }

// output drains what a server prints, and finds its addresses. The process owns it;
// text is free to read when that has ended.
type output struct {
	ready *regexp.Regexp
	found chan []string // what its groups match; has room for one
	text  []byte        // the end of what came before the address
	done  bool
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
