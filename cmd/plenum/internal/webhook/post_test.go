package webhook_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/webhook"
)

// The test uses the real network, with and without TLS.
func TestEventsArriveOverHTTPAndHTTPS(t *testing.T) {
	bodies := make(chan string, 1)
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
	})
	for _, receiver := range []*httptest.Server{httptest.NewServer(handler), httptest.NewTLSServer(handler)} {
		defer receiver.Close()
		transport := webhook.NewTransport()
		if certificate := receiver.Certificate(); certificate != nil {
			roots := x509.NewCertPool()
			roots.AddCert(certificate)
			transport.TLSClientConfig = &tls.Config{RootCAs: roots}
		}
		s := webhook.New(webhook.Config{Logger: slog.New(slog.DiscardHandler), Transport: transport})
		s.Start()
		s.SetHooks([]webhook.Hook{{App: "1", URL: receiver.URL + "/hooks?token=1", Key: "key", Secret: "secret", Events: []string{webhook.ClientEvent}}})
		s.Send("1", webhook.Event{Name: webhook.ClientEvent, At: time.Now().UnixMilli(), Channel: "private-a", Event: "client-x", Data: []byte(`"<b>"`), Socket: "1.2"})
		assert.Contains(t, <-bodies, `"events":[{"name":"client_event","channel":"private-a","event":"client-x","data":"<b>","socket_id":"1.2"}]`)
		s.Shutdown(t.Context())
	}
}

// The log names the host of a receiver, and nothing of its URL that may be a secret.
func TestTheLogContainsNoSecretOfTheURL(t *testing.T) {
	var log strings.Builder
	s := webhook.New(webhook.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	s.Start()
	s.SetHooks([]webhook.Hook{{App: "1", URL: "http://user:hidden1@127.0.0.1:1/hidden2?hidden3", Key: "key", Secret: "hidden4", Events: webhook.ChannelEvents}})
	s.Send("1", webhook.Event{Name: webhook.CacheMiss, At: time.Now().UnixMilli(), Channel: "cache-a"})
	s.Shutdown(t.Context())
	assert.Contains(t, log.String(), "http://127.0.0.1:1")
	assert.NotContains(t, log.String(), "hidden")
}

func TestTheURLOfAHookMustBeAbsolute(t *testing.T) {
	for _, good := range []string{"http://127.0.0.1:3000/", "https://shop.example.org/hooks?x=y"} {
		require.NoError(t, webhook.CheckURL(good))
	}
	for _, bad := range []string{"", "shop.example.org", "/hooks", "ftp://shop.example.org/", "http://", "http://a b/secret", "https:///secret"} {
		err := webhook.CheckURL(bad)
		require.Error(t, err, bad)
		assert.NotContains(t, err.Error(), "secret")
	}
}

func TestAskingWhetherAnEventIsWantedTakesNoMemory(t *testing.T) {
	s := webhook.New(webhook.Config{Logger: slog.New(slog.DiscardHandler)})
	s.Start()
	defer s.Shutdown(t.Context())
	s.SetHooks([]webhook.Hook{appHook("1")})
	assert.Zero(t, testing.AllocsPerRun(100, func() { s.Wants("1", webhook.CacheMiss); s.Wants("2", webhook.CacheMiss) }))
}

// BenchmarkSend measures the time of Send, while the receiver takes the events. The queue may be full.
func BenchmarkSend(b *testing.B) {
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer receiver.Close()
	s := webhook.New(webhook.Config{Logger: slog.New(slog.DiscardHandler)})
	s.Start()
	hook := appHook("1")
	hook.URL = receiver.URL
	s.SetHooks([]webhook.Hook{hook})
	e := webhook.Event{Name: webhook.ClientEvent, At: time.Now().UnixMilli(), Channel: "private-a", Event: "client-x", Data: []byte(`"{}"`), Socket: "1.2"}
	b.ReportAllocs()
	for b.Loop() {
		s.Send("1", e)
	}
	b.StopTimer()
	s.Shutdown(b.Context())
}
