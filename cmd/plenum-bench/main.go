// Command plenum-bench measures a WebSocket room server, plenum or any other, with
// the scenarios of package bench. One run gives one result, which is one line of JSON.
// bench/README.md is its manual.
//
// If stdout is a terminal, the result is only summarized. A pipe, a file and --out get the JSON.
//
// status.go has the exit statuses of plenum-bench run.
//
// The exit status of plenum-bench suite is 0 even if a server loses messages or holds
// senders back, because that is a result. It is 1 if a run could not be made, or if all of its
// attempts were rejected.
//
// The exit status of plenum-bench compare is 0 if no metric is worse. It is 1 if one is worse, or if a
// condition of --fail-if holds. It is 2 for results that cannot be compared. With --strict it is 3 if
// there are too few runs to decide, or if an entry is missing on one side.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"time"

	"plenum/bench"
	"plenum/bench/agent"
	"plenum/bench/drive"
	"plenum/cmd/internal/interrupt"
	"plenum/cmd/plenum-bench/internal/summary"
)

// collectAt is the default GOGC. It trades memory for fewer collections during a run.
const collectAt = 400

func main() {
	ctx := interrupt.Context()
	// One processor of Go's scheduler more than there are cores, so that one is free for the sender
	// when a message is due.
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

// verdict is an error with an exit status. It is for results that are not sound, and for comparisons and
// reports that fail.
type verdict struct {
	status int
	text   string
}

func (v *verdict) Error() string { return v.text }

// ExitCode returns the program's exit status.
func (v *verdict) ExitCode() int { return v.status }

// endAtOnce are the commands that a signal ends at once, because they have nothing to conclude.
var endAtOnce = []string{"report", "compare", "html", "bare"}

// run is the whole program, without signals and the exit status.
func run(ctx context.Context, args []string, env func(string) (string, bool), stdin io.Reader, stdout, stderr io.Writer) error {
	cmd, err := parse(args, env, stdout, stderr)
	if slices.Contains(endAtOnce, cmd.name) {
		defer context.AfterFunc(ctx, func() { os.Exit(statusCut) })()
	}
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
	case cmd.name == "compare":
		return runCompare(cmd.compare, stdout)
	case cmd.name == "html":
		return runHTML(cmd.html, stdout)
	case cmd.name == "agent":
		return runAgent(ctx, cmd.agent, identity(env), stderr)
	case cmd.name == "bare":
		return runBare(cmd.bare, stdout)
	}
	return measure(ctx, cmd, identity(env), stdout, stderr)
}

// measure runs a scenario, and writes its result and a summary. The error has the exit status.
func measure(ctx context.Context, cmd command, id agent.Identity, stdout, stderr io.Writer) error {
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
	result, err := watched(ctx, cmd, id, stderr)
	if err != nil && ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		return &verdict{statusCut, "interrupted"}
	}
	if err != nil {
		return err
	}
	broken := judgeConditions(cmd.failIf, result)
	if err := result.Write(out); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	verdict := withConditions(judged(result), broken)
	if err := conclude(cmd, result, verdict, stdout, stderr); err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	return verdict
}

// watched runs a scenario. Meanwhile it shows the figures on stderr and serves them (--prometheus).
func watched(ctx context.Context, cmd command, id agent.Identity, stderr io.Writer) (*bench.Result, error) {
	exported, err := newExporter(cmd.prometheus, cmd.title, cmd.scenario)
	if err != nil {
		return nil, err
	}
	defer exported.stop()
	shown := newProgress(stderr)
	defer shown.end()
	driver := &drive.Driver{Copy: copyOf(stderr), Identity: id, Live: func(f drive.Live) {
		shown.show(f, time.Now())
		exported.show(f)
	}}
	return cmd.scenario.Run(ctx, driver)
}

// conclude writes the summary of a result with that verdict: to stdout if it is a terminal, otherwise to stderr.
func conclude(cmd command, r *bench.Result, verdict error, stdout, stderr io.Writer) error {
	if !isTerminal(stdout) {
		return summary.Write(stderr, r, verdict)
	}
	if err := summary.Write(stdout, r, verdict); err != nil || cmd.out != "" {
		return err
	}
	_, err := fmt.Fprintln(stdout, "\nFor the result as JSON, use --out FILE or a pipe.")
	return err
}

// output returns the writer for results: the file at path, opened for appending. If path is empty, the
// writer is stdout, or io.Discard if stdout is a terminal. The caller calls close.
func output(path string, stdout io.Writer) (w io.Writer, close func(), err error) {
	if path == "" && isTerminal(stdout) {
		return io.Discard, func() {}, nil
	}
	if path == "" {
		return stdout, func() {}, nil
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, nil, fmt.Errorf("--out: %w", err)
	}
	return file, func() { file.Close() }, nil
}

// profile writes a CPU profile of this process to path until stop is called. It does
// nothing if path is empty.
func profile(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("--profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		file.Close()
		return nil, fmt.Errorf("--profile: %w", err)
	}
	return func() { pprof.StopCPUProfile(); file.Close() }, nil
}

// copyOf returns a function that makes the command of a copy of this program, which takes
// a share of a run's connections.
func copyOf(stderr io.Writer) func() *exec.Cmd {
	return func() *exec.Cmd {
		cmd := exec.Command("/proc/self/exe", "shard")
		cmd.Stderr = stderr
		return cmd
	}
}
