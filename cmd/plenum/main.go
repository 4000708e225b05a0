// Command plenum is a room server for WebSockets: one process, one port, as
// many connections as its descriptors allow.
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

	"plenum/cmd/plenum/internal/settings"
)

// collectAt is the garbage collector's GOGC: half of the usual. What lives is
// small and the hot path makes no garbage, so collecting twice as often
// costs little, and a connection takes a fifth less resident memory.
const collectAt = 50

// cores is how many processors the program may use.
var cores = runtime.GOMAXPROCS(0)

// sparePs is by how much GOMAXPROCS exceeds the cores. A poller in epoll_wait keeps
// its P, the runtime's leave to run Go code, until the monitor takes it away; one
// to spare runs what has become ready meanwhile.
const sparePs = 1

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	context.AfterFunc(ctx, stop)   // a second signal ends the process at once
	signal.Ignore(syscall.SIGPIPE) // whoever reads the log may go; the server stays
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

// exitStatus is 2 where the settings are at fault, 1 for any other failure.
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

// run is the program; it returns when ctx has ended and all is closed. At each signal on
// hup the settings are read again.
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
		return examine(cmd.Doctor, stdout)
	case cmd.Name == "token":
		return printToken(cmd.Token, stdout)
	case cmd.Serve.PrintConfig:
		return cmd.Print(stdout)
	}
	return serve(ctx, cmd, reloading{hup, parse}, stdout, stderr)
}
