package fakeserver

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// RawServer accepts connections and answers their upgrades. A connection takes a descriptor but
// no Go memory.
type RawServer struct {
	URL      string
	Accepted chan int // descriptors of the sockets, after their upgrade
	listener int
}

// NewRawServer starts a server that ends with the test.
func NewRawServer(t testing.TB) *RawServer {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	require.NoError(t, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, unix.Listen(fd, 4096))
	name, err := unix.Getsockname(fd)
	require.NoError(t, err)
	p := &RawServer{
		URL:      fmt.Sprintf("ws://127.0.0.1:%d/", name.(*unix.SockaddrInet4).Port),
		Accepted: make(chan int, 1<<15), listener: fd,
	}
	done := make(chan struct{})
	go func() { defer close(done); p.accept() }()
	t.Cleanup(func() {
		_ = unix.Shutdown(fd, unix.SHUT_RDWR) // wakes accept
		<-done
		unix.Close(fd)
		for fd := range p.Accepted {
			unix.Close(fd)
		}
	})
	return p
}

func (p *RawServer) accept() {
	defer close(p.Accepted)
	for {
		fd, _, err := unix.Accept4(p.listener, unix.SOCK_CLOEXEC)
		if err != nil {
			return
		}
		var head [4 << 10]byte
		n, _ := unix.Read(fd, head[:]) // the request arrives in one piece
		_, key, _ := strings.Cut(string(head[:n]), "Sec-WebSocket-Key: ")
		key, _, _ = strings.Cut(key, "\r\n")
		_, _ = unix.Write(fd, []byte(switching(key)))
		p.Accepted <- fd
	}
}
