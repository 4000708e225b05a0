package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const hookSecret = "Ahch4eiQuoh6"

// hookReceiver is a receiver of webhooks. It checks the signatures.
type hookReceiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int      // of the answers; 0: 200
	events []string // as JSON, in the order in which they were taken
}

func newHookReceiver(t *testing.T) *hookReceiver {
	r := new(hookReceiver)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		mac := hmac.New(sha256.New, []byte(hookSecret))
		mac.Write(body)
		signature := q.Header.Get("X-Plenum-Signature") + q.Header.Get("X-Pusher-Signature")
		assert.Equal(t, hex.EncodeToString(mac.Sum(nil)), signature)
		var batch struct{ Events []json.RawMessage }
		assert.NoError(t, json.Unmarshal(body, &batch))
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.status != 0 {
			w.WriteHeader(r.status)
			return
		}
		for _, e := range batch.Events {
			r.events = append(r.events, string(e))
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *hookReceiver) taken() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.events...)
}

// takes requires that the events taken since the last call are want.
func (r *hookReceiver) takes(t *testing.T, want ...string) {
	t.Helper()
	require.Eventually(t, func() bool { return len(r.taken()) >= len(want) }, wait, tick, "%v", r.taken())
	r.mu.Lock()
	defer r.mu.Unlock()
	assert.Equal(t, want, r.events)
	r.events = nil
}

func (r *hookReceiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *hookReceiver) flags() []string {
	return []string{"--webhook-url=" + r.URL + "/hooks", "--webhook-secret=" + hookSecret, "--drain-window=0s"}
}

func occupied(room string) string { return fmt.Sprintf(`{"name":"room_occupied","room":%q}`, room) }
func vacated(room string) string  { return fmt.Sprintf(`{"name":"room_vacated","room":%q}`, room) }
func joined(room, member string) string {
	return fmt.Sprintf(`{"name":"member_joined","room":%q,"member":%q}`, room, member)
}
func left(room, member string) string {
	return fmt.Sprintf(`{"name":"member_left","room":%q,"member":%q}`, room, member)
}

func (c *client) closes() { _ = c.conn.Close(websocket.StatusNormalClosure, "") }

func TestAnApplicationIsToldOfRoomsAndTheirMembers(t *testing.T) {
	t.Parallel()
	r := newHookReceiver(t)
	s := start(t, r.flags()...)
	alex := dial(t, s, "/ws/chat/lobby?username=Alex")
	r.takes(t, occupied("lobby"), joined("lobby", "Alex"))
	tab := dial(t, s, "/ws/chat/lobby?username=Alex")
	alex.closes()
	alex = dial(t, s, "/ws/chat/lobby?username=Alex") // before the grace is over
	tab.closes()
	_ = dial(t, s, "/ws/chat/lobby?username=Bo")
	r.takes(t, joined("lobby", "Bo"))
	alex.closes()
	r.takes(t, left("lobby", "Alex"))
	require.NoError(t, s.stop())
	r.takes(t, left("lobby", "Bo"), vacated("lobby"))
	assert.NotContains(t, s.log.String(), hookSecret)
}

func TestAWebhookIsSetAndChangedByAReload(t *testing.T) {
	t.Parallel()
	first, second := newHookReceiver(t), newHookReceiver(t)
	file := filepath.Join(t.TempDir(), "plenum.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("drain-window: 0s\n")
	s := start(t, "--config="+file)
	_ = dial(t, s, "/ws/chat/early?username=Alex")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
	reload := func(r *hookReceiver, events string) {
		write(fmt.Sprintf("drain-window: 0s\nwebhook-url: %s\nwebhook-secret: %s\nwebhook-events: [%s]\n", r.URL, hookSecret, events))
		before := strings.Count(s.log.String(), "settings: reloaded, changes")
		s.hup <- syscall.SIGHUP
		require.Eventually(t, func() bool { return strings.Count(s.log.String(), "settings: reloaded, changes") > before }, wait, tick, "%s", s.log)
	}
	reload(first, "room_occupied")
	_ = dial(t, s, "/ws/chat/lobby?username=Alex")
	first.takes(t, occupied("lobby"))
	reload(second, "member_joined")
	_ = dial(t, s, "/ws/chat/lobby?username=Bo")
	second.takes(t, joined("lobby", "Bo"))
	assert.Empty(t, first.taken())
	assert.NotContains(t, s.log.String(), hookSecret)
}

func TestAFailingReceiverIsCountedAndLogged(t *testing.T) {
	t.Parallel()
	r := newHookReceiver(t)
	s := start(t, r.flags()...)
	r.answers(http.StatusInternalServerError)
	_ = dial(t, s, "/ws/chat/lobby?username=Alex")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_webhook_failing_hooks") == "1" }, wait, tick)
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), `error="the receiver answered with status 500"`) }, wait, tick)
	r.answers(0)
	r.takes(t, occupied("lobby"), joined("lobby", "Alex"))
	require.Eventually(t, func() bool { return s.metric(t, "plenum_webhook_sent_events_total") == "2" }, wait, tick)
	assert.Equal(t, "0", s.metric(t, "plenum_webhook_failing_hooks"))
	assert.Equal(t, "0", s.metric(t, `plenum_webhook_dropped_total{reason="full"}`))
}

func TestAClusterSendsEachEventOnce(t *testing.T) {
	t.Parallel()
	plainOnly(t, "the test starts a cluster")
	r := newHookReceiver(t)
	nodes := startNodes(t, startBroker(t, 0, t.TempDir()).ClientURL(), 2, r.flags()...)
	a := dial(t, nodes[0], "/ws/chat/lobby?username=Alex")
	b := dial(t, nodes[1], "/ws/chat/lobby?username=Alex")
	r.takes(t, occupied("lobby"), joined("lobby", "Alex"))
	for range 2 { // Alex moves between the nodes, and is away for a moment
		a.closes()
		b.closes()
		time.Sleep(time.Second) // the time for which Alex is away, less than the grace
		b = dial(t, nodes[1], "/ws/chat/lobby?username=Alex")
		a, b = b, a
		nodes[0], nodes[1] = nodes[1], nodes[0]
	}
	a.closes()
	b.closes()
	r.takes(t, left("lobby", "Alex"), vacated("lobby"))

	c := dial(t, nodes[0], "/ws/chat/lobby?username=Cid")
	r.takes(t, occupied("lobby"), joined("lobby", "Cid"))
	require.NoError(t, nodes[0].stop())
	r.takes(t, left("lobby", "Cid"), vacated("lobby"))
	_ = c
}

func TestAnAppIsToldOfItsChannelsAndClientEvents(t *testing.T) {
	t.Parallel()
	r := newHookReceiver(t)
	s := startApp(t, fmt.Sprintf(`,"webhooks":[{"url":"%s/app","secret":"%s"}]`, r.URL, hookSecret), "--drain-window=0s")
	a, b := connects(t, s), connects(t, s)
	a.subscribes("private-shop")
	r.takes(t, `{"name":"channel_occupied","channel":"private-shop"}`)
	b.subscribes("private-shop")
	for _, data := range []string{`{"by":"<Alex>"}`, `"{\"by\":\"<Alex>\"}"`, `""`} {
		a.sends(`{"event":"client-typing","channel":"private-shop","data":` + data + `}`)
		want := `"{\"by\":\"<Alex>\"}"`
		if data == `""` {
			want = data
		}
		r.takes(t, fmt.Sprintf(`{"name":"client_event","channel":"private-shop","event":"client-typing","data":%s,"socket_id":%q}`, want, a.socket))
		_, _, err := b.conn.Read(b.ctx) // the event
		require.NoError(t, err)
	}
	a.closes()
	b.sendsEvent("pusher:unsubscribe", "", map[string]any{"channel": "private-shop"})
	r.takes(t, `{"name":"channel_vacated","channel":"private-shop"}`)
	b.subscribes("news")
	r.takes(t, `{"name":"channel_occupied","channel":"news"}`)
	require.NoError(t, s.stop())
	r.takes(t, `{"name":"channel_vacated","channel":"news"}`)
}

func TestAnAppIsToldOfTheUsersOfPresenceChannels(t *testing.T) {
	t.Parallel()
	r := newHookReceiver(t)
	s := startApp(t, fmt.Sprintf(`,"webhooks":[{"url":"%s/app","secret":"%s"}]`, r.URL, hookSecret), "--drain-window=0s")
	a, b, tab := connects(t, s), connects(t, s), connects(t, s)
	a.enters("presence-shop", `{"user_id":"1","user_info":{"name":"Alex"}}`)
	r.takes(t, `{"name":"channel_occupied","channel":"presence-shop"}`, `{"name":"member_added","channel":"presence-shop","user_id":"1"}`)
	tab.enters("presence-shop", `{"user_id":"1"}`)
	b.enters("presence-shop", `{"user_id":2}`)
	r.takes(t, `{"name":"member_added","channel":"presence-shop","user_id":"2"}`)
	b.sendsEvent("client-typing", "presence-shop", "x")
	r.takes(t, fmt.Sprintf(`{"name":"client_event","channel":"presence-shop","event":"client-typing","data":"x","socket_id":%q,"user_id":"2"}`, b.socket))
	a.closes()
	b.closes()
	r.takes(t, `{"name":"member_removed","channel":"presence-shop","user_id":"2"}`)
	tab.closes()
	r.takes(t, `{"name":"member_removed","channel":"presence-shop","user_id":"1"}`, `{"name":"channel_vacated","channel":"presence-shop"}`)
}

func TestAnAppIsToldHowManySubscribersAChannelHas(t *testing.T) {
	t.Parallel()
	r := newHookReceiver(t)
	s := startApp(t, fmt.Sprintf(`,"subscription-counts":true,"webhooks":[{"url":"%s/app","secret":"%s","events":["subscription_count"]}]`, r.URL, hookSecret), "--drain-window=0s")
	connects(t, s).subscribes("news")
	r.takes(t, `{"name":"subscription_count","channel":"news","subscription_count":1}`)
	connects(t, s).asksFor("news", nil)
	r.takes(t, `{"name":"subscription_count","channel":"news","subscription_count":2}`)
}

func TestAnAppIsToldThatACacheChannelKeepsNoEvent(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	r := newHookReceiver(t)
	s := startApp(t, fmt.Sprintf(`,"webhooks":[{"url":"%s/app","secret":"%s","events":["cache_miss"]}]`, r.URL, hookSecret), "--drain-window=0s")
	for range 2 {
		connects(t, s).asksFor("cache-news", nil)
		r.takes(t, `{"name":"cache_miss","channel":"cache-news"}`)
	}
}
