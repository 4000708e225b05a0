package api

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/idempotency"
	"plenum/cmd/plenum/internal/pathmux"
	"plenum/rooms"
)

// failing is a Publisher. It fails with the errors of a room, one after the other, and then publishes.
type failing struct {
	errs      map[string][]error
	published []string
}

func (f *failing) Publish(room string, _ []byte, _ int64, to rooms.Receipt) {
	if errs := f.errs[room]; len(errs) > 0 {
		f.errs[room] = errs[1:]
		to.Published(0, 0, errs[0])
		return
	}
	f.published = append(f.published, room)
	to.Published(46, uint64(len(f.published)), nil)
}

func TestARepeatedBatchPublishesWhatWasNotPublished(t *testing.T) {
	f := &failing{errs: map[string][]error{"full": {rooms.ErrBacklog}, "lost": {rooms.ErrUnknown, nil}, "away": {rooms.ErrBus, rooms.ErrBus}}}
	routes := &pathmux.Mux{Rest: http.NewServeMux()}
	New(Config{Guard: access.New(slog.New(slog.DiscardHandler)), Publisher: f, MaxMessage: 1024, Keys: new(idempotency.Keys)}).Register(routes, http.NewServeMux())
	post := func() (int, string) {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/api/messages", strings.NewReader(`{"messages":[{"rooms":["a","full","lost","away"],"text":"hi"}]}`))
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set("Idempotency-Key", "key")
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, r)
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	const a, full = `{"room":"a","seq":1,"epoch":"1a"}`, `{"room":"full","code":"busy","detail":"the room's backlog is full, retry later"}`
	const lost, away = `{"room":"lost","code":"unknown","detail":"the bus went away, and it is unknown whether the message was published"}`, `{"room":"away","code":"bus","detail":"the bus is away"}`
	status, body := post()
	assert.Equal(t, http.StatusMultiStatus, status)
	assert.Equal(t, `{"results":[`+a+`,`+full+`,`+lost+`,`+away+`]}`, body)
	_, body = post()
	assert.Equal(t, `{"results":[`+a+`,{"room":"full","seq":2,"epoch":"1a"},`+lost+`,`+away+`]}`, body)
	_, body = post()
	assert.Equal(t, `{"results":[`+a+`,{"room":"full","seq":2,"epoch":"1a"},`+lost+`,{"room":"away","seq":3,"epoch":"1a"}]}`, body)
	assert.Equal(t, []string{"a", "full", "away"}, f.published)
}
