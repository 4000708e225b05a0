// Package peer has the code that all Go peers share. That is the flags, the ready line, the end
// on a signal, the schedule of pings, and the count of slow clients.
package peer

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// MaxMessage is the size of the longest message that a client may send, in bytes.
const MaxMessage = 64 << 10

// Options are the flags of a peer.
type Options struct {
	Name       string
	Listen     string        // host:port; port 0 means a free port
	PingPeriod time.Duration // 0: no pings
	SendBuffer int           // messages that may be queued per client, for peers with such a queue
}

// Slow counts the clients that were closed because they read too slowly.
var Slow atomic.Int64

// Main runs a peer until SIGTERM or SIGINT, then prints the number of closed slow clients to
// stderr.
func Main(name string, run func(context.Context, Options) error) {
	o := Options{Name: name}
	flag.StringVar(&o.Listen, "listen", "127.0.0.1:0", "address to listen on")
	flag.DurationVar(&o.PingPeriod, "ping-period", 15*time.Second, "time between pings to a client; 0: none")
	flag.IntVar(&o.SendBuffer, "send-buffer", 256, "messages a client may be behind, where the peer queues messages")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	err := run(ctx, o)
	if n := Slow.Load(); n > 0 {
		fmt.Fprintf(os.Stderr, "%s closed %d slow clients\n", name, n)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Ready prints the ready line with the address of the peer.
func (o Options) Ready(addr net.Addr) {
	fmt.Printf("peer %s serves http://%s/\n", o.Name, addr)
}

// ServeHTTP serves h with net/http until ctx ends. Hijacked connections end with
// the process.
func (o Options) ServeHTTP(ctx context.Context, h http.Handler) error {
	ln, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	o.Ready(ln.Addr())
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
