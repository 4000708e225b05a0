package bench

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// serve runs handle for each connection of a coder/websocket server; it returns
// the server's URL.
func (w wire) serve(t testing.TB, handle func(context.Context, *websocket.Conn)) string {
	return w.start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &compressing)
		if err != nil {
			return
		}
		conn.SetReadLimit(-1)
		defer conn.CloseNow()
		handle(r.Context(), conn)
	}))
}

func echo(ctx context.Context, conn *websocket.Conn) {
	for {
		kind, payload, err := conn.Read(ctx)
		if err != nil || conn.Write(ctx, kind, payload) != nil {
			return
		}
	}
}

// script runs handle on the bare socket of each upgraded connection.
func script(t testing.TB, handle func(net.Conn, *bufio.Reader)) string {
	return plain.script(t, "", handle)
}

// script sends more behind the response to the upgrade, in one write.
func (w wire) script(t testing.TB, more string, handle func(net.Conn, *bufio.Reader)) string {
	return w.start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte(switching(r.Header.Get("Sec-WebSocket-Key")) + more))
		handle(conn, rw.Reader)
	}))
}

func switching(key string) string {
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		accept(key) + "\r\n\r\n"
}

// rawPeer is a server that costs no Go memory a connection: descriptors only.
type rawPeer struct {
	url      string
	accepted chan int
	listener int
}

func newRawPeer(t testing.TB) *rawPeer {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	require.NoError(t, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, unix.Listen(fd, 4096))
	name, err := unix.Getsockname(fd)
	require.NoError(t, err)
	p := &rawPeer{
		url:      fmt.Sprintf("ws://127.0.0.1:%d/", name.(*unix.SockaddrInet4).Port),
		accepted: make(chan int, 1<<15), listener: fd,
	}
	done := make(chan struct{})
	go func() { defer close(done); p.accept() }()
	t.Cleanup(func() {
		_ = unix.Shutdown(fd, unix.SHUT_RDWR) // wakes accept
		<-done
		unix.Close(fd)
		for fd := range p.accepted {
			unix.Close(fd)
		}
	})
	return p
}

func (p *rawPeer) accept() {
	defer close(p.accepted)
	for {
		fd, _, err := unix.Accept4(p.listener, unix.SOCK_CLOEXEC)
		if err != nil {
			return
		}
		var head [4 << 10]byte
		n, _ := unix.Read(fd, head[:]) // the request comes in one write
		_, key, _ := strings.Cut(string(head[:n]), "Sec-WebSocket-Key: ")
		key, _, _ = strings.Cut(key, "\r\n")
		_, _ = unix.Write(fd, []byte(switching(key)))
		p.accepted <- fd
	}
}

// accept is the answer to a key (RFC 6455 section 4.2.2).
func accept(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}
