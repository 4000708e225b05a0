package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/webhook"
)

// receiver is an HTTP server on pipes, which fake time understands, and a Sender that posts to it. The handler of the
// test answers; requests that it answers with status 200 are noted.
type receiver struct {
	*webhook.Sender
	transport *http.Transport

	mu       sync.Mutex
	down     bool // no connection can be made
	answer   http.HandlerFunc
	requests []request
}

// request is a request that was answered.
type request struct {
	header http.Header
	body   []byte
	status int
}

const shop = "http://shop.test/hooks"

// pipes is a net.Listener whose connections are pipes.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// newReceiver returns a receiver, and stops it and the Sender at the end of the test.
func newReceiver(t *testing.T, hooks ...webhook.Hook) *receiver {
	r := &receiver{answer: func(http.ResponseWriter, *http.Request) {}}
	listener := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{Handler: r}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	transport := webhook.NewTransport()
	transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.down {
			return nil, errors.New("connection refused")
		}
		near, far := net.Pipe()
		listener.conns <- far
		return near, nil
	}
	r.transport = transport
	r.Sender = webhook.New(webhook.Config{Logger: slog.New(slog.DiscardHandler), Transport: transport})
	r.SetHooks(hooks)
	r.Start()
	t.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		r.Shutdown(ended)
		_ = server.Close()
		serving.Wait()
	})
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	r.mu.Lock()
	answer := r.answer
	r.mu.Unlock()
	noting := &status{ResponseWriter: w, code: http.StatusOK}
	answer(noting, q)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, request{q.Header, body, noting.code})
}

// status is an http.ResponseWriter that notes the status.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) { s.code = code; s.ResponseWriter.WriteHeader(code) }

// set sets whether connections can be made, and how requests are answered.
func (r *receiver) set(down bool, answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down, r.answer = down, answer
	r.transport.CloseIdleConnections()
}

func fails(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
func takes(http.ResponseWriter, *http.Request)     {}

// answered returns the requests so far.
func (r *receiver) answered() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]request(nil), r.requests...)
}

// channels returns the channels of the events that were taken, in their order.
func (r *receiver) channels(t *testing.T) (all []string) {
	for _, q := range r.answered() {
		if q.status == http.StatusOK {
			for _, e := range q.events(t) {
				all = append(all, e.Channel)
			}
		}
	}
	return all
}

func (q request) events(t *testing.T) []webhook.Event {
	var body struct {
		Time   int64           `json:"time_ms"`
		Events []webhook.Event `json:"events"`
	}
	require.NoError(t, json.Unmarshal(q.body, &body))
	assert.Positive(t, body.Time)
	return body.Events
}

func appHook(app string) webhook.Hook {
	return webhook.Hook{App: app, URL: shop, Key: "key", Secret: "secret", Events: webhook.ChannelEvents}
}
