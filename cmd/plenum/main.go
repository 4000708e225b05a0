// Command plenum is a room server for WebSockets. It is one process with one public port. The process's limit
// of file descriptors and its memory bound the number of connections.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"plenum/cmd/internal/interrupt"
	"plenum/cmd/plenum/internal/settings"
)

// collectAt is the default of GOGC, half of Go's own. Collecting twice as often costs little, because the live
// heap is small and the hot path creates no garbage. A connection then takes a fifth less resident memory.
const collectAt = 50

// cores is the number of processors that the program may use.
var cores = runtime.GOMAXPROCS(0)

// sparePs is the difference between GOMAXPROCS and cores. Go's scheduler runs a goroutine only on a P, and there are
// GOMAXPROCS of them. A poller in epoll_wait keeps its P until the runtime's monitor takes it away. A spare P runs
// other goroutines meanwhile.
const sparePs = 1

func main() {
	ctx := interrupt.Context()
	signal.Ignore(syscall.SIGPIPE) // the server continues if the reader of its log ends
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(cores + sparePs)
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	err := run(ctx, hup, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "plenum:", err)
	}
	os.Exit(exitStatus(err))
}

// exitStatus returns the process's exit status: 2 if the settings are invalid, 1 for any other error.
func exitStatus(err error) int {
	var usage interface{ ExitCode() int }
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		return usage.ExitCode()
	}
	return 1
}

// run runs the command that args name. The server runs until ctx ends; run returns when all connections and
// listeners are closed. Each signal on hup reloads the settings.
func run(ctx context.Context, hup <-chan os.Signal, args []string, env func(string) (string, bool), stdout, stderr io.Writer) error {
	parse := func() (settings.Command, error) { return settings.Parse(args, env, stdout, stderr) }
	cmd, err := parse()
	switch {
	case errors.Is(err, settings.ErrHelp):
		return nil
	case err != nil:
		return err
	case cmd.Name == "version":
		_, err := fmt.Fprintln(stdout, version())
		return err
	case cmd.Name == "doctor":
		return examine(ctx, cmd.Doctor, stdout)
	case cmd.Name == "token":
		return printToken(cmd.Token, stdout)
	case cmd.Serve.PrintConfig:
		return cmd.Print(stdout)
	}
	return serve(ctx, cmd, reloader{hup, parse}, stdout, stderr)
}
