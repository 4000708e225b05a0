// Command centrifugo is the peer with the Centrifugo server: it chooses a port, and replaces itself
// by the server, which is built from its module into the same folder. The server's configuration is
// centrifugo/config.json.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"plenum/bench/peers/internal/peer"
)

const (
	// announce is the first argument of the copy that prints the ready line; the address follows.
	announce = "announce"
	// readyWithin is how long the server may take to listen.
	readyWithin = 15 * time.Second
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == announce {
		if err := await(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "centrifugo:", err)
			os.Exit(1)
		}
		return
	}
	peer.Main("centrifugo", run)
}

// run replaces the process by the server. So the server has the process ID that the driver knows. A
// copy of this program waits until the server listens.
func run(_ context.Context, o peer.Options) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	address, err := free(o.Listen)
	if err != nil {
		return err
	}
	ready := exec.Command(self, announce, address.String())
	ready.Stdout, ready.Stderr = os.Stdout, os.Stderr
	if err := ready.Start(); err != nil {
		return err
	}
	bin := filepath.Dir(self)
	server := filepath.Join(bin, "centrifugo-server")
	args := []string{
		server, "--config=" + filepath.Join(bin, "../centrifugo/config.json"),
		"--http_server.address=" + address.IP.String(), fmt.Sprintf("--http_server.port=%d", address.Port),
	}
	return fmt.Errorf("%s: %w", server, syscall.Exec(server, args, append(os.Environ(), pings(o.PingPeriod)...)))
}

// pings returns the variables that set the period of the pings. The server wants the pong within
// two thirds of it. Negative values turn them off; the server wants the timeout below the period.
func pings(period time.Duration) []string {
	if period <= 0 {
		return []string{"CENTRIFUGO_CLIENT_PING_INTERVAL=-1s", "CENTRIFUGO_CLIENT_PONG_TIMEOUT=-2s"}
	}
	return []string{"CENTRIFUGO_CLIENT_PING_INTERVAL=" + period.String(), "CENTRIFUGO_CLIENT_PONG_TIMEOUT=" + (period * 2 / 3).String()}
}

// free returns the address to listen on, with a free port in place of port 0.
func free(listen string) (*net.TCPAddr, error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr), nil
}

// await prints the ready line when the server listens at an address.
func await(address string) error {
	for end := time.Now().Add(readyWithin); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			fmt.Printf("peer centrifugo serves http://%s/\n", address)
			return c.Close()
		}
	}
	return errors.New("the server does not listen")
}
