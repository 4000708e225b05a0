//go:build figures

package servertest

import (
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"plenum/bench/message"
)

// hookReceiver is an HTTP server that receives webhooks. It checks the order of the events of each sender.
type hookReceiver struct {
	address string
	healed  chan struct{} // closed by recover
	server  *http.Server
	serving sync.WaitGroup

	mu         sync.Mutex
	kind       string
	last       map[string]int // number of the last event, by socket id
	events     int
	disordered int
}

// newHookReceiver starts a receiver of a kind. A receiver that is down only has its port.
func newHookReceiver(t *testing.T, kind string) *hookReceiver {
	r := &hookReceiver{kind: kind, last: map[string]int{}, healed: make(chan struct{})}
	r.server = &http.Server{Handler: r}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r.address = ln.Addr().String()
	t.Cleanup(func() {
		_ = r.server.Close()
		r.serving.Wait()
	})
	if kind == hookDown {
		require.NoError(t, ln.Close())
		return r
	}
	r.serving.Go(func() { _ = r.server.Serve(ln) })
	return r
}

func (r *hookReceiver) url() string { return "http://" + r.address + "/webhooks" }

// recover makes the receiver accept all events without delay from now on.
func (r *hookReceiver) recover(t *testing.T) {
	r.mu.Lock()
	was := r.kind
	r.kind = hookFast
	r.mu.Unlock()
	close(r.healed)
	if was == hookDown {
		ln, err := net.Listen("tcp", r.address)
		require.NoError(t, err)
		r.serving.Go(func() { _ = r.server.Serve(ln) })
	}
}

// ServeHTTP accepts the events of a request, or fails, as the receiver's kind says.
func (r *hookReceiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	var batch struct {
		Events []struct {
			Data   string `json:"data"`
			Socket string `json:"socket_id"`
		} `json:"events"`
	}
	if json.NewDecoder(q.Body).Decode(&batch) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	kind := r.kind
	r.mu.Unlock()
	switch kind {
	case hookFailing:
		w.WriteHeader(http.StatusInternalServerError)
		return
	case hookSlow:
		select {
		case <-time.After(9 * time.Second):
		case <-r.healed:
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range batch.Events {
		r.note(e.Socket, e.Data)
	}
}

// note records an event. mu is held. An event without a number is a probe, and only counted.
func (r *hookReceiver) note(socket, text string) {
	r.events++
	number := 0
	if len(text) >= message.HeadSize {
		number, _ = message.Number([]byte(text))
	}
	if number == 0 {
		return
	}
	if number <= r.last[socket] {
		r.disordered++
	}
	r.last[socket] = number
}

// taken returns how many events the receiver has accepted, and how many of these came out of order.
func (r *hookReceiver) taken() (events, disordered int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events, r.disordered
}
