package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"plenum/bench/peers/internal/manifest"
)

// server is a running peer.
type server struct {
	host  string
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
}

const (
	readyWithin = 20 * time.Second
	endsWithin  = 10 * time.Second
)

func start(ctx context.Context, p manifest.Peer, root string, stderr io.Writer) (*server, error) {
	argv := manifest.Argv(p.Run, root)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stderr = stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{cmd: cmd, ended: make(chan struct{})}
	lines := make(chan string, 2)
	go s.follow(stdout, lines)
	s.host, err = ready(ctx, p.Program(), lines)
	if err != nil {
		s.kill()
		return nil, err
	}
	return s, nil
}

// follow reads stdout to its end and waits for the process.
func (s *server) follow(stdout io.Reader, lines chan<- string) {
	defer close(s.ended)
	in := bufio.NewScanner(stdout)
	for in.Scan() {
		select {
		case lines <- in.Text():
		default: // only the first line matters
		}
	}
	close(lines)
	_ = s.cmd.Wait() // ProcessState has the exit status
}

func ready(ctx context.Context, program string, lines <-chan string) (host string, err error) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	select {
	case <-ctx.Done():
		return "", errors.New("no ready line within the timeout")
	case line := <-lines:
		rest, isPrefix := strings.CutPrefix(line, "peer "+program+" serves http://")
		host, isSuffix := strings.CutSuffix(rest, "/")
		if !isPrefix || !isSuffix {
			return "", fmt.Errorf("ready line %q", line)
		}
		return host, nil
	}
}

func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.ended
}

// terminate sends SIGTERM while clients are connected, and waits for the end.
func (s *server) terminate() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("the process had ended before SIGTERM: %w", err)
	}
	select {
	case <-s.ended:
		return nil
	case <-time.After(endsWithin):
		return errors.New("the process does not end on SIGTERM")
	}
}
