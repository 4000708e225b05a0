package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/pusher"
)

// signedBy returns path and query of a request of an app's back end, with its signature. path may have a query.
func signedBy(key, secret, method, path, body string) string {
	path, query, _ := strings.Cut(path, "?")
	q, _ := url.ParseQuery(query)
	q.Set("auth_key", key)
	q.Set("auth_version", "1.0")
	q.Set("auth_timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	if body != "" {
		q.Set("body_md5", pusher.BodyMD5([]byte(body)))
	}
	parsed, _ := pusher.ParseQuery(q.Encode())
	r := pusher.Request{Method: method, Query: parsed}
	q.Set("auth_signature", pusher.Sign(secret, r.Text(path)))
	return path + "?" + q.Encode()
}

// backend sends a request of the back end of the app 7, like "GET /channels", and returns status and answer.
func backend(t *testing.T, s *testServer, request, body string) string {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	status, answer, _ := call(t, method, s.url+signedBy(appKey, appSecret, method, "/apps/7"+path, body), body)
	return fmt.Sprint(status, " ", strings.TrimSpace(answer))
}

func TestABackEndPublishesToTheClientsOfItsApp(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startApp(t, "")
	a, b := connects(t, s), connects(t, s)
	a.subscribes("news")
	b.subscribes("news")
	assert.Equal(t, `200 {"channels":{"news":{"subscription_count":2}}}`,
		backend(t, s, "POST /events", `{"name":"order","channels":["news"],"data":"{\"n\":1}","info":"subscription_count"}`))
	for _, c := range []*pusherClient{a, b} {
		c.receives(`{"event":"order","channel":"news","data":"{\"n\":1}","seq":1}`)
	}
	assert.Equal(t, `200 {}`, backend(t, s, "POST /batch_events", `{"batch":[{"name":"x","channel":"news","data":"1"},{"name":"y","channel":"news","data":"2"}]}`))
	a.receives(`{"event":"x","channel":"news","data":"1","seq":2}`)
	a.receives(`{"event":"y","channel":"news","data":"2","seq":3}`)
	assert.Equal(t, `200 {"channels":{"news":{}}}`, backend(t, s, "GET /channels", ""))
	assert.Equal(t, `200 {"occupied":true,"subscription_count":2}`, backend(t, s, "GET /channels/news?info=subscription_count", ""))
	assert.Equal(t, "4", s.metric(t, `plenum_app_requests_total{app="7"}`))
	assert.Equal(t, "3", s.metric(t, `plenum_app_events_total{app="7"}`))

	status, rooms, _ := call(t, "GET", s.url+"/api/rooms", "")
	assert.Equal(t, 200, status)
	assert.NotContains(t, rooms, "news", "native clients do not see channels")
}

func TestTheExcludedConnectionGetsNoEvent(t *testing.T) {
	t.Parallel()
	s := startApp(t, "")
	a, b := connects(t, s), connects(t, s)
	a.subscribes("news")
	b.subscribes("news")
	assert.Equal(t, `200 {}`, backend(t, s, "POST /events", `{"name":"one","channel":"news","data":"","socket_id":"`+a.socket+`"}`))
	assert.Equal(t, `200 {}`, backend(t, s, "POST /events", `{"name":"two","channel":"news","data":""}`))
	b.receives(`{"event":"one","channel":"news","data":"","seq":1}`)
	b.receives(`{"event":"two","channel":"news","data":"","seq":2}`)
	a.receives(`{"event":"two","channel":"news","data":"","seq":2}`)
}

func TestTheAPIOfAppsNeedsNeitherATokenNorALocalCaller(t *testing.T) {
	t.Parallel()
	s := startApp(t, "", "--jwt-secret="+strings.Repeat("s", 32))
	path := s.url + signedBy(appKey, appSecret, "GET", "/apps/7/channels", "")
	status, answer, _ := call(t, "GET", path, "", "X-Forwarded-For", "198.51.100.7")
	assert.Equal(t, 200, status, answer)
	status, answer, _ = call(t, "GET", s.url+"/apps/7/channels", "")
	assert.Equal(t, 401, status, answer)
	status, _, _ = call(t, "GET", s.url+signedBy(appKey, "another secret", "GET", "/apps/7/channels", ""), "")
	assert.Equal(t, 401, status)
	status, _, _ = call(t, "GET", s.url+signedBy(appKey, appSecret, "GET", "/apps/8/channels", ""), "")
	assert.Equal(t, 404, status)
}

func TestTerminatedUsersAreClosedWith4009(t *testing.T) {
	t.Parallel()
	s := startApp(t, "")
	a, b := connects(t, s), connects(t, s)
	for c, id := range map[*pusherClient]string{a: "alex", b: "bea"} {
		data := `{"id":"` + id + `"}`
		c.sendsEvent("pusher:signin", "", map[string]any{"user_data": data, "auth": appKey + ":" + pusher.Sign(appSecret, pusher.SigninText(c.socket, data))})
		_, _, err := c.conn.Read(c.ctx)
		require.NoError(t, err)
	}
	assert.Equal(t, `200 {}`, backend(t, s, "POST /users/alex/terminate_connections", "{}"))
	a.isClosed(4009, "Terminated by the app")
	b.subscribes("news")
	assert.Equal(t, `200 {"channels":{"news":{}}}`, backend(t, s, "GET /channels", ""))
}

func TestAReloadChangesWhatAnAppMayDo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plenum.yaml")
	write := func(apps string) { require.NoError(t, os.WriteFile(file, []byte("apps: ["+apps+"]\n"), 0o600)) }
	app := func(key, secret string) string { return fmt.Sprintf("{id: 7, key: %s, secret: %s}", key, secret) }
	write(app(appKey, appSecret))
	s := start(t, "--config="+file)
	logged := 0
	reload := func() {
		t.Helper()
		s.hup <- syscall.SIGHUP
		logged++
		require.Eventually(t, func() bool { return strings.Count(s.log.String(), "changed=[apps]") == logged }, wait, tick, "%s", s.log)
	}
	a := connects(t, s)
	a.subscribes("news")

	write(app("other", "another secret"))
	reload()
	assert.Contains(t, backend(t, s, "GET /channels", ""), "401 ")
	dial(t, s, "/app/"+appKey+"?protocol=7").isClosed(4001, "No application has this key")
	path := s.url + signedBy("other", "another secret", "POST", "/apps/7/events", `{"name":"x","channel":"news","data":""}`)
	status, _, _ := call(t, "POST", path, `{"name":"x","channel":"news","data":""}`)
	assert.Equal(t, 200, status)
	a.receives(`{"event":"x","channel":"news","data":"","seq":1}`)

	write("")
	reload()
	_, _, err := a.conn.Read(a.ctx)
	assert.ErrorContains(t, err, "4001")
	assert.Contains(t, backend(t, s, "GET /channels", ""), "404 ")

	write(app(appKey, appSecret))
	reload()
	connects(t, s).subscribes("later")
	assert.Equal(t, `200 {"channels":{"later":{}}}`, backend(t, s, "GET /channels", ""))
}

// The test sends requests of all kinds. At least one request of each kind succeeds.
func TestResponsesOfTheAPIOfAppsMatchItsOpenAPIDocument(t *testing.T) {
	t.Parallel()
	s := startApp(t, "")
	described := describes(t, s.url+"/apps/openapi.json")
	a := connects(t, s)
	a.subscribes("news")
	described.succeeded["GET /apps/openapi.json"] = true
	for _, request := range []string{
		`POST /events {"name":"x","channel":"news","data":""}`, `POST /events {"name":"x","channels":["a","news"],"data":"","info":"subscription_count"}`, "POST /events {}",
		`POST /batch_events {"batch":[{"name":"x","channel":"news","data":""}]}`, `POST /batch_events {"batch":[{"name":"x","channel":"news","data":"","info":"subscription_count"}]}`, `POST /batch_events {"batch":1}`,
		"GET /channels", "GET /channels?info=subscription_count", "GET /channels?info=user_count", "GET /channels?filter_by_prefix=presence-&info=user_count",
		"GET /channels/news", "GET /channels/news?info=subscription_count", "GET /channels/presence-a?info=user_count", "GET /channels/a%20b",
		"GET /channels/presence-a/users", "GET /channels/news/users",
		"POST /users/alex/terminate_connections", "POST /users/of-key/terminate_connections", "DELETE /channels",
	} {
		verb, rest, _ := strings.Cut(request, " ")
		path, body, _ := strings.Cut(rest, " ")
		target := "/apps/7" + path
		if strings.Contains(path, "of-key") {
			target = path
		}
		target = signedBy(appKey, appSecret, verb, strings.ReplaceAll(target, "%20", " "), body)
		target = strings.Replace(target, " ", "%20", 1)
		req, err := http.NewRequest(verb, s.url+target, strings.NewReader(body))
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		answer, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		_ = resp.Body.Close()
		require.NotEqual(t, 401, resp.StatusCode, "%s: %s", request, answer)
		if resp.StatusCode == http.StatusMethodNotAllowed {
			continue
		}
		plain, _, _ := strings.Cut(target, "?")
		described.matches(t, request, plain, req, resp, answer)
	}
	described.allSucceeded(t)
}
