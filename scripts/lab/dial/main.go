//go:build lab

// Command lab-dial fills the rooms of a plenum server on this machine with idle
// connections. Then it sends a few messages to each room and counts the deliveries. It
// prints counts and memory but no times, because an emulated machine's clock is not
// meaningful.
//
// Its exit status is 1 if a connection failed or ended, or if a message was lost,
// duplicated or out of order.
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

	clients []*wsclient.Client // nil: the connection failed

	// atomic
	arrived atomic.Int64
}

func main() {
	var o options
	flag.StringVar(&o.address, "address", "127.0.0.1:8080", "address of the server")
	flag.IntVar(&o.pid, "pid", 0, "process id of the server")
	flag.IntVar(&o.n, "connections", 1000, "number of connections to open")
	flag.IntVar(&o.size, "members", 10, "members per room")
	flag.IntVar(&o.texts, "messages", 3, "messages per room")
	flag.DurationVar(&o.hold, "hold", 30*time.Second, "how long the connections stay idle")
	flag.Parse()
	if err := run(o, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "lab-dial:", err)
		os.Exit(1)
	}
}

func run(o options, stdout, stderr io.Writer) error {
	if o.n < 1 || o.size < 1 || o.texts < 0 {
		return errors.New("want at least one connection and one member per room, and no negative number of messages")
	}
	t := &trial{options: o, out: stdout, members: make([]member, o.n)}
	var err error
	if t.pool, err = wsclient.NewPool(wsclient.Config{OnMessage: t.receive}); err != nil {
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
	before, err := t.measure()
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
	idle, err := t.measure()
	if err != nil {
		return err
	}
	t.print("pings", "%d", t.pool.Stats().Pings)
	t.print("server RSS", "%s before, %s with idle connections", mebibytes(before.rss), mebibytes(idle.rss))
	t.print("memory", "%d bytes per idle connection", (idle.rss-before.rss)/reached)
	t.print("machine", "%d bytes per connection, kernel and both ends", (before.available-idle.available)/reached)

	t.publish()
	after, err := t.measure()
	if err != nil {
		return err
	}
	t.print("after messages", "%s, %d bytes per connection", mebibytes(after.rss), (after.rss-before.rss)/reached)
	ended := t.ended()
	t.print("ended", "%d", ended)
	t.leave()
	t.pool.Shutdown()
	return errors.Join(missed, t.judge(ended))
}

func (t *trial) url(i int) string {
	return fmt.Sprintf("ws://%s/ws/chat/lab%d?username=m%07d", t.address, i/t.size, i)
}

// watch prints the trial's progress until ctx ends.
func (t *trial) watch(ctx context.Context, w io.Writer) {
	ticker := time.NewTicker(progress)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s := t.pool.Stats()
			fmt.Fprintf(w, "open %d, pings %d, arrived %d, ended %d\n", s.Open, s.Pings, t.arrived.Load(), t.ended())
		}
	}
}

func (t *trial) print(name, format string, args ...any) {
	fmt.Fprintf(t.out, "%-16s %s\n", name, fmt.Sprintf(format, args...))
}

func mebibytes(n int) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
