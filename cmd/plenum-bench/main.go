// Command plenum-bench measures a WebSocket room server, plenum or any other, by
// the scenarios of package bench: one result a run, one line of JSON a result.
//
// Its exit status is 0 for a sound result; 1 where the server lost, doubled or
// disordered messages or ended connections, and for every failure to measure; 2 for
// wrong usage; 3 where the result is INVALID, because the generator could have made
// it; 4 if the senders were held back and nothing was lost, so that the rate was not
// reached, whether the generator was at its limit or not; 130 where Ctrl-C cut the run
// and none of these holds. To the suite, what a server loses or holds back is a result:
// its status is 0, or 1 where it failed to measure.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"syscall"

	"plenum/bench"
	"plenum/bench/drive"
)

// collectAt is the garbage collector's GOGC: rather memory than a pause in a run.
const collectAt = 400

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	// One more than the loops need, so that the sender finds a processor of the
	// runtime free when a message is due.
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.NumCPU() + 1)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	err := run(ctx, os.Args[1:], os.LookupEnv, os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "plenum-bench:", err)
	}
	os.Exit(exitStatus(err))
}

// Exit statuses, beside 0.
const (
	statusFailed   = 1
	statusUsage    = 2
	statusInvalid  = 3
	statusHeldBack = 4
	statusCut      = 130
)

// verdict is a result that is not sound, with the status that says so.
type verdict struct {
	status int
	what   string
}

func (v *verdict) Error() string { return v.what }

// ExitCode is the status to end the program with.
func (v *verdict) ExitCode() int { return v.status }

func exitStatus(err error) int {
	var coded interface{ ExitCode() int }
	switch {
	case err == nil:
		return 0
	case errors.As(err, &coded):
		return coded.ExitCode()
	}
	return statusFailed
}

// run is the program.
func run(ctx context.Context, args []string, env func(string) (string, bool), stdin io.Reader, stdout, stderr io.Writer) error {
	cmd, err := parse(args, env, stdout, stderr)
	switch {
	case errors.Is(err, errHelp):
		return nil
	case err != nil:
		return err
	case cmd.name == "version":
		_, err := fmt.Fprintln(stdout, version())
		return err
	case cmd.name == "shard":
		return drive.Work(ctx, stdin, stdout)
	case cmd.name == "suite":
		return runSuite(ctx, cmd.suite, env, stdout, stderr)
	case cmd.name == "report":
		return runReport(cmd.report, stdout)
	}
	return measure(ctx, cmd, stdout, stderr)
}

// measure runs a scenario and writes its result.
func measure(ctx context.Context, cmd command, stdout, stderr io.Writer) error {
	out, done, err := output(cmd.out, stdout)
	if err != nil {
		return err
	}
	defer done()
	stop, err := profile(cmd.profile)
	if err != nil {
		return err
	}
	defer stop()
	shown := newProgress(stderr)
	driver := &drive.Driver{Progress: shown.show, Copy: copyOf(stderr)}
	result, err := cmd.scenario.Run(ctx, driver)
	shown.end()
	if err != nil {
		return err
	}
	if err := result.Write(out); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	summarize(stderr, result)
	return judged(result)
}

// output is where results go: appended to a file, or stdout.
func output(path string, stdout io.Writer) (io.Writer, func(), error) {
	if path == "" {
		return stdout, func() {}, nil
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, nil, fmt.Errorf("--out: %w", err)
	}
	return file, func() { file.Close() }, nil
}

// profile follows this process's own CPU use until the function it returns is called.
func profile(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("--profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, fmt.Errorf("--profile: %w", err)
	}
	return func() { pprof.StopCPUProfile(); file.Close() }, nil
}

// copyOf starts this program again, as a shard of a run.
func copyOf(stderr io.Writer) func() *exec.Cmd {
	return func() *exec.Cmd {
		cmd := exec.Command("/proc/self/exe", "shard")
		cmd.Stderr = stderr
		return cmd
	}
}

// judged returns an error that carries the status of a result that is not sound.
func judged(r *bench.Result) error {
	switch {
	case r.Failed() && !r.Overrun(): // else it is not known whose failure it is
		return &verdict{statusFailed, "FAILED: " + r.Failures[0]}
	case r.WasHeldBack():
		return &verdict{statusHeldBack, "HELD BACK: " + r.HeldBackText()}
	case !r.Valid && !r.Cut:
		return &verdict{statusInvalid, "INVALID: " + r.Reasons[0]}
	case r.Cut:
		return &verdict{statusCut, "cut"}
	}
	return nil
}
