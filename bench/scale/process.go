package scale

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"plenum/bench/observe"
)

// run runs the job with the compiled tests of its package, and returns one result per process.
func (j Job) run(ctx context.Context, program string) (runs []Run, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all []*process
	begin, before := time.Now(), observe.MachineBusy()
	for range j.Processes {
		p, err := j.start(ctx, program)
		if err != nil {
			cancel()
			return nil, errors.Join(err, waitAll(all))
		}
		all = append(all, p)
	}
	if len(all) > 1 {
		err = measureTogether(all)
	}
	if err != nil {
		cancel()
	}
	if err := errors.Join(err, waitAll(all)); err != nil {
		return nil, err
	}
	seconds, busy := time.Since(begin).Seconds(), (observe.MachineBusy() - before).Seconds()
	for i, p := range all {
		values, err := parse(p.stdout.String())
		if err != nil {
			return nil, err
		}
		used := p.cmd.ProcessState.SysUsage().(*syscall.Rusage) // as documented for Unix
		busy -= (p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()).Seconds()
		runs = append(runs, Run{Job: j, Process: i, PeakBytes: used.Maxrss << 10, Values: values})
	}
	for i := range runs {
		runs[i].OtherCores = max(0, busy/seconds)
	}
	return runs, nil
}

// process is a process that runs a benchmark.
type process struct {
	cmd    *exec.Cmd
	stdout bytes.Buffer
	stdin  io.WriteCloser // nil unless the process waits for others
	says   *bufio.Reader  // its standard error; nil if stdin is
}

func (j Job) start(ctx context.Context, program string) (p *process, err error) {
	p = &process{cmd: exec.CommandContext(ctx, program, "-test.run=^$", "-test.bench="+j.pattern(), "-test.benchtime="+j.benchtime,
		"-test.timeout=10m", "-test.cpu=2", "-members="+strconv.Itoa(j.Members))}
	p.cmd.Stdout, p.cmd.Env = &p.stdout, os.Environ()
	if j.Mutexes {
		p.cmd.Env = append(p.cmd.Env, "PLENUM_MUTEXES=1")
	}
	if j.Processes == 1 {
		return p, p.cmd.Start()
	}
	p.cmd.Env = append(p.cmd.Env, "PLENUM_TOGETHER=1")
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	p.says = bufio.NewReader(stderr)
	return p, p.cmd.Start()
}

// measureTogether lets processes measure as soon as all are ready. No process stops its load before all have measured.
func measureTogether(all []*process) error {
	for _, p := range all {
		if err := p.await("ready\n"); err != nil {
			return err
		}
	}
	for _, p := range all {
		if _, err := io.WriteString(p.stdin, "go\n"); err != nil {
			return err
		}
	}
	for _, p := range all {
		if err := p.await("measured\n"); err != nil {
			return err
		}
	}
	for _, p := range all {
		if err := p.stdin.Close(); err != nil {
			return err
		}
	}
	return nil
}

// await reads a line of the process's standard error. It returns an error if that is not the wanted line.
func (p *process) await(line string) error {
	if got, _ := p.says.ReadString('\n'); got != line { // shorter after an error
		return fmt.Errorf("want %q from the process, got %q", line, got)
	}
	return nil
}

// waitAll waits for the ends of the processes.
func waitAll(all []*process) (err error) {
	for _, p := range all {
		if failed := p.cmd.Wait(); failed != nil {
			err = errors.Join(err, fmt.Errorf("%w\n%s", failed, p.stdout.String()))
		}
	}
	return err
}
