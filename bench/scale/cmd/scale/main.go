// Command scale runs the benchmarks of scale, see package scale. It is run in the folder of the module.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"plenum/bench/scale"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	flags.SetOutput(stderr)
	short := flags.Bool("short", false, "a quick look at a tenth of the members; no results are kept")
	out := flags.String("out", "bench/results/"+scale.File, "file for the results, which is replaced")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *short {
		_, err := scale.Measure(ctx, ".", scale.Short, stderr)
		return err
	}
	r, err := scale.Measure(ctx, ".", scale.Full, stderr)
	if err != nil {
		return err
	}
	return r.Write(*out)
}
