package channelsapi_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/channelsapi"
	"plenum/cmd/plenum/internal/pathmux"
	"plenum/codec/pusher"
	"plenum/rooms"
)

const secret = "Ahch4eiQuoh6"

// fixture is an API over a hub of its own, with the app 1.
type fixture struct {
	t    *testing.T
	url  string
	hub  *rooms.Hub
	apps *apps.Registry
}

// newFixture starts an API. Each of the functions may change the settings of the app.
func newFixture(t *testing.T, change ...func(*apps.Config)) *fixture {
	t.Helper()
	return newFixtureWith(t, rooms.NewLocalDirectory, change...)
}

// newFixtureWith is newFixture with another directory of the rooms.
func newFixtureWith[D channelsapi.Directory](t *testing.T, directory func(*rooms.Hub) D, change ...func(*apps.Config)) *fixture {
	t.Helper()
	c := apps.Config{ID: "1", Key: "key", Secret: secret, Limits: apps.DefaultLimits}
	for _, f := range change {
		f(&c)
	}
	registry := new(apps.Registry)
	registry.Apply([]apps.Config{c, {ID: "2", Key: "other", Secret: "another secret", Limits: apps.DefaultLimits}})
	hub := rooms.New(rooms.Config{
		Frame: pusher.AppendFrame, Overhead: pusher.FrameOverhead, AnnounceLimit: -1,
		Keeps: func(string, []byte) bool { return true }, KeepFor: 30 * time.Minute,
		History: rooms.History{Messages: 10, Age: 60, Memory: 1 << 20},
	})
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { hub.Serve(ctx) })
	api := channelsapi.New(channelsapi.Config{Apps: registry, Directory: directory(hub), Publisher: hub, KeepFor: 30 * time.Minute})
	mux := http.NewServeMux()
	named := &pathmux.Mux{Rest: mux}
	api.Register(named, mux)
	server := httptest.NewServer(named)
	t.Cleanup(func() { server.Close(); stop(); running.Wait() })
	return &fixture{t, server.URL, hub, registry}
}

// member is a connection that keeps the frames that it receives.
type member struct {
	member rooms.Member
	name   string
	sent   chan string
	closed chan int
}

func (m *member) WriteFrames(b []byte) (int, error) {
	m.sent <- string(b)
	return len(b), nil
}

func (m *member) Close(code int, _ string) error {
	m.closed <- code
	return nil
}

func (m *member) Name() string { return m.name }

// subscribes adds a member to the room of a channel of an app.
func (f *fixture) subscribes(room, name string) *member {
	f.t.Helper()
	m := &member{name: name, sent: make(chan string, 100), closed: make(chan int, 1)}
	require.NoError(f.t, f.hub.Join(&m.member, room, m, time.Now().UnixMilli()))
	return m
}

// receives waits for the frames of the next event, and returns the JSON.
func (m *member) receives(t *testing.T) string {
	t.Helper()
	select {
	case frame := <-m.sent:
		return frame[strings.IndexByte(frame, '{'):]
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was received")
		return ""
	}
}

// target returns path and query with a signature. The query may have parameters of the authorization, which then
// replace the right ones.
func target(method, path, query, body string) string {
	q, _ := url.ParseQuery(query)
	set := func(name, value string) {
		if !q.Has(name) {
			q.Set(name, value)
		}
	}
	set("auth_key", "key")
	set("auth_version", "1.0")
	set("auth_timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	if body != "" {
		set("body_md5", pusher.BodyMD5([]byte(body)))
	}
	parsed, _ := pusher.ParseQuery(q.Encode())
	r := pusher.Request{Method: method, Query: parsed}
	set("auth_signature", pusher.Sign(secret, r.Text(path)))
	return path + "?" + q.Encode()
}

// sends sends a request as it is.
func (f *fixture) sends(method, target, body string) (status int, answer string) {
	f.t.Helper()
	r, err := http.NewRequest(method, f.url+target, strings.NewReader(body))
	require.NoError(f.t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(f.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(f.t, err)
	return resp.StatusCode, strings.TrimSpace(string(text))
}

// asks sends a signed request to the app 1. request is like "GET /channels?info=x".
func (f *fixture) asks(request, body string) string {
	f.t.Helper()
	method, rest, _ := strings.Cut(request, " ")
	path, query, _ := strings.Cut(rest, "?")
	status, answer := f.sends(method, target(method, "/apps/1"+path, query, body), body)
	return fmt.Sprint(status, " ", answer)
}
