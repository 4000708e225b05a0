// Command conformance starts each peer and checks that it does the work that the benchmark
// expects. Its exit status is 1 if a peer fails.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"plenum/bench/peers/internal/manifest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("dir", ".", "the folder of peers.json")
	only := flags.String("peers", "", "names, separated by commas; empty: all")
	build := flags.Bool("build", true, "build each peer first")
	limit := flags.Duration("timeout", 2*time.Minute, "time one peer may take once it is built")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := filepath.Abs(*dir)
	if err != nil {
		return err
	}
	peers, err := manifest.Read(root)
	if err != nil {
		return err
	}
	if peers, err = choose(peers, *only); err != nil {
		return err
	}
	return report(ctx, peers, root, *build, *limit, stdout, stderr)
}

func choose(peers []manifest.Peer, only string) ([]manifest.Peer, error) {
	if only == "" {
		return peers, nil
	}
	var chosen []manifest.Peer
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(peers, func(p manifest.Peer) bool { return p.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("unknown peer %q", name)
		}
		chosen = append(chosen, peers[i])
	}
	return chosen, nil
}

func report(ctx context.Context, peers []manifest.Peer, root string, build bool, limit time.Duration, stdout, stderr io.Writer) error {
	table := tabwriter.NewWriter(stdout, 0, 4, 2, ' ', 0)
	defer table.Flush()
	var failed []string
	built := map[string]bool{} // programs
	for _, p := range peers {
		if tool := p.MissingTool(); tool != "" {
			fmt.Fprintf(table, "%s\tskipped\tno %s on PATH\n", p.Name, tool)
			continue
		}
		began := time.Now()
		remark, err := examine(ctx, p, root, build && !built[p.Program()], limit, stderr)
		built[p.Program()] = true
		if err != nil {
			fmt.Fprintf(table, "%s\tFAILED\t%v\n", p.Name, err)
			failed = append(failed, p.Name)
			continue
		}
		fmt.Fprintf(table, "%s\tok\t%s\t%.1f s\t%s\n", p.Name, strings.TrimSpace(p.Library+" "+p.Version), time.Since(began).Seconds(), remark)
	}
	if len(failed) > 0 {
		return fmt.Errorf("failed: %s", strings.Join(failed, ", "))
	}
	return nil
}

// examine builds, starts, checks and stops one peer.
func examine(ctx context.Context, p manifest.Peer, root string, build bool, limit time.Duration, stderr io.Writer) (remark string, err error) {
	if build {
		argv := manifest.Argv(p.Build, root)
		if out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("build: %w\n%s", err, out)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	srv, err := start(ctx, p, root, stderr)
	if err != nil {
		return "", fmt.Errorf("start: %w", err)
	}
	defer srv.kill()
	if remark, err = check(ctx, p, srv.host); err != nil {
		return "", err
	}
	return remark, srv.terminate()
}
