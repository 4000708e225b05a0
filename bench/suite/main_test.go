package suite

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/coder/websocket"
	"go.uber.org/goleak"
)

// Environment variables that turn a copy of the test binary into a server.
const (
	serveEnv      = "SUITE_TEST_SERVE"
	ignoreTermEnv = "SUITE_TEST_IGNORE_TERM" // it ignores SIGTERM

	unreadyEnv = "SUITE_TEST_UNREADY" // as a node, it never becomes ready
)

func TestMain(m *testing.M) {
	if os.Getenv(serveEnv) != "" {
		serve()
		return
	}
	goleak.VerifyTestMain(m)
}

// serve runs a server with one room until SIGTERM.
func serve() {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	certificate, key := option("--tls-cert="), option("--tls-key=")
	switch {
	case slices.Contains(os.Args, "--jetstream"), option("--cluster=") != "":
		serveCluster(listener)
	case certificate != "":
		go func() { _ = http.ServeTLS(listener, &room{}, certificate, key) }()
		fmt.Printf("test serves https://%v/\n", listener.Addr())
	default:
		go func() { _ = http.Serve(listener, &room{}) }()
		fmt.Printf("test serves http://%v/\n", listener.Addr())
	}
	for range ended {
		if os.Getenv(ignoreTermEnv) == "" {
			return
		}
	}
}

// serveCluster serves the monitoring pages of a NATS server, or both addresses of a node.
func serveCluster(listener net.Listener) {
	readyRequests := new(atomic.Int64)
	mux := http.NewServeMux()
	answer := func(path, text string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
	}
	answer("/varz", `{}`)
	answer("/jsz", `{}`)
	answer("/metrics", "plenum_bus_conflicts_total 3\n")
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if readyRequests.Add(1) == 1 || os.Getenv(unreadyEnv) != "" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.Handle("/", &room{})
	go func() { _ = http.Serve(listener, mux) }()
	if option("--cluster=") == "nats://127.0.0.1:4222" {
		fmt.Printf("test serves http://%v/ (admin http://%v/)\n", listener.Addr(), listener.Addr())
		return
	}
	fmt.Printf("Starting http monitor on %v\nListening for client connections on 127.0.0.1:4222\nServer is ready\n", listener.Addr())
}

// option returns the value of an argument of this program, or "".
func option(prefix string) string { return flag(os.Args, prefix) }

// room sends each message to all members, or on the echo route to its sender only.
type room struct {
	mu      sync.Mutex
	members map[string][]*websocket.Conn // by path
}

func (r *room) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	options := &websocket.AcceptOptions{CompressionThreshold: 1}
	if option("--compression=") == "on" {
		options.CompressionMode = websocket.CompressionNoContextTakeover
	}
	conn, err := websocket.Accept(w, req, options)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	echo := strings.HasPrefix(req.URL.Path, "/echo")
	r.join(req.URL.Path, conn)
	for {
		_, payload, err := conn.Read(req.Context())
		if err != nil {
			return
		}
		if echo {
			_ = conn.Write(req.Context(), websocket.MessageText, payload)
			continue
		}
		r.publish(req, payload)
	}
}

func (r *room) join(path string, conn *websocket.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members == nil {
		r.members = map[string][]*websocket.Conn{}
	}
	r.members[path] = append(r.members[path], conn)
}

func (r *room) publish(req *http.Request, payload []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.members[req.URL.Path] {
		_ = m.Write(req.Context(), websocket.MessageText, payload) // fails for a member that has left
	}
}
