//go:build lab

// Command lab-dial fills the rooms of a plenum server on this machine with idle
// connections, sends a few messages to each room and counts what arrived. It
// prints counts and memory, never a time: it runs where clocks say nothing.
//
// Its exit status is 1 where a connection was not reached or ended, or a message
// lost, doubled or out of order.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"plenum/bench/wsclient"
)

const (
	dialers  = 64
	settle   = 5 * time.Second
	progress = 10 * time.Second
)

// options is the command line.
type options struct {
	address        string
	pid            int
	n, size, texts int
	hold           time.Duration
}

// trial is one run.
type trial struct {
	// set at creation
	options
	out     io.Writer
	members []member
	pool    *wsclient.Pool

	clients []*wsclient.Client // nil: not reached

	// atomic
	arrived atomic.Int64
}

func main() {
	var o options
	flag.StringVar(&o.address, "address", "127.0.0.1:8080", "the server")
	flag.IntVar(&o.pid, "pid", 0, "the server's process")
	flag.IntVar(&o.n, "connections", 1000, "connections to open")
	flag.IntVar(&o.size, "members", 10, "members of each room")
	flag.IntVar(&o.texts, "messages", 3, "messages to each room")
	flag.DurationVar(&o.hold, "hold", 30*time.Second, "how long to leave the connections alone")
	flag.Parse()
	if err := run(o, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "lab-dial:", err)
		os.Exit(1)
	}
}

func run(o options, stdout, stderr io.Writer) error {
	if o.n < 1 || o.size < 1 || o.texts < 0 {
		return errors.New("want at least one connection, one member a room and no negative number of messages")
	}
	t := &trial{options: o, out: stdout, members: make([]member, o.n)}
	var err error
	if t.pool, err = wsclient.NewPool(wsclient.Config{OnMessage: t.hear}); err != nil {
		return err
	}
	defer t.pool.Shutdown()
	ctx, stop := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	defer watching.Wait()
	defer stop()
	watching.Go(func() { t.watch(ctx, stderr) })
	return t.run(ctx)
}

func (t *trial) run(ctx context.Context) error {
	before, err := t.look()
	if err != nil {
		return err
	}
	var missed error
	t.clients, missed = t.pool.DialAll(ctx, t.n, dialers, t.url)
	reached := int(t.pool.Stats().Open)
	t.print("connections", "%d of %d", reached, t.n)
	if reached == 0 {
		return missed
	}
	time.Sleep(t.hold)
	idle, err := t.look()
	if err != nil {
		return err
	}
	t.print("pings", "%d", t.pool.Stats().Pings)
	t.print("server RSS", "%s with none, %s idle", mebibytes(before.rss), mebibytes(idle.rss))
	t.print("memory", "%d bytes a connection idle", (idle.rss-before.rss)/reached)
	t.print("machine", "%d bytes a connection, kernel and both ends", (before.available-idle.available)/reached)

	t.publish()
	after, err := t.look()
	if err != nil {
		return err
	}
	t.print("after messages", "%s, %d bytes a connection", mebibytes(after.rss), (after.rss-before.rss)/reached)
	s := t.pool.Stats()
	t.print("ended", "%d", s.Clean+s.Broken)
	t.pool.Shutdown()
	return errors.Join(missed, t.judge(s.Clean+s.Broken))
}

func (t *trial) url(i int) string {
	return fmt.Sprintf("ws://%s/ws/chat/lab%d?username=m%07d", t.address, i/t.size, i)
}

// watch tells how far the trial is, until ctx ends.
func (t *trial) watch(ctx context.Context, w io.Writer) {
	ticker := time.NewTicker(progress)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s := t.pool.Stats()
			fmt.Fprintf(w, "open %d, pings %d, arrived %d, ended %d\n", s.Open, s.Pings, t.arrived.Load(), s.Clean+s.Broken)
		}
	}
}

func (t *trial) print(what, format string, args ...any) {
	fmt.Fprintf(t.out, "%-16s %s\n", what, fmt.Sprintf(format, args...))
}

func mebibytes(n int) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
