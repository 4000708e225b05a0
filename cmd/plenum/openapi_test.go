package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// description is an OpenAPI document of the server, and the operations that have succeeded.
type description struct {
	doc       *openapi3.T
	router    routers.Router
	succeeded map[string]bool // by method and path
}

// describes returns the OpenAPI document at a URL of a server.
func describes(t *testing.T, url string) description {
	t.Helper()
	status, text := get(t, url)
	require.Equal(t, http.StatusOK, status)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context()))
	doc.Servers = nil
	router, err := legacy.NewRouter(doc)
	require.NoError(t, err)
	return description{doc, router, map[string]bool{}}
}

// try sends a request, such as "GET /path" or "POST /path BODY", to the server at url. It checks that the document describes the
// response.
func (d description) try(t *testing.T, url, request string) {
	t.Helper()
	verb, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	req, err := http.NewRequest(verb, url+path, strings.NewReader(body))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	_ = resp.Body.Close()
	d.matches(t, request, path, req, resp, answer)
}

// matches checks that the document describes the response to a request. what names the request, and path is its path for
// the router.
func (d description) matches(t *testing.T, what, path string, req *http.Request, resp *http.Response, answer []byte) {
	t.Helper()
	route, parameters, err := findRoute(d.router, req.Method, path)
	require.NoError(t, err, what)
	assert.NoError(t, openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, PathParams: parameters, Route: route},
		Status:                 resp.StatusCode, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(answer)),
	}), "%s: %s", what, answer)
	if resp.StatusCode < 300 {
		d.succeeded[req.Method+" "+route.Path] = true
	}
}

// allSucceeded checks that every operation of the document has succeeded once.
func (d description) allSucceeded(t *testing.T) {
	t.Helper()
	for path, item := range d.doc.Paths.Map() {
		for method := range item.Operations() {
			assert.True(t, d.succeeded[method+" "+path], "%s %s was not tried", method, path)
		}
	}
}

// The test sends requests of all kinds. At least one request of each kind succeeds.
func TestResponsesMatchTheOpenAPIDocument(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--history-messages=5")
	described := describes(t, s.url+"/api/openapi.json")
	dial(t, s, "/ws/chat/a%2Fb?username=Alex").receives(`{"sender":"System","text":"Alex joined the room","room":"a/b","timestamp":T,"seq":1}`)
	for range 8 {
		_, _, _ = call(t, "POST", s.url+"/api/rooms/kept/messages", `{"text":"hi"}`)
	}
	_, _, _ = call(t, "POST", s.url+"/api/rooms/kept/messages", `{"event":"paid","data":{"order":7}}`)
	for _, request := range []string{
		"GET /api/openapi.json",
		"GET /api/rooms", "GET /api/rooms?limit=1", "GET /api/rooms?limit=0",
		"GET /api/rooms/kept", "GET /api/rooms/nowhere",
		"GET /api/rooms/a%2Fb/members", "GET /api/rooms/kept/members", "GET /api/rooms/nowhere/members", "GET /api/rooms/a/members?limit=x",
		"GET /api/rooms/kept/messages", "GET /api/rooms/kept/messages?since=old:3&limit=2", "GET /api/rooms/kept/messages?since=3", "GET /api/rooms/nowhere/messages",
		`POST /api/rooms/a/messages {"sender":"Bot","text":"hi"}`, `POST /api/rooms/a/messages {}`,
		`POST /api/messages {"messages":[{"rooms":["a","b"],"text":"hi"},{"rooms":["c"],"event":"paid"}]}`, `POST /api/messages {"messages":[]}`,
		"DELETE /api/rooms/a%2Fb/members/Alex", "DELETE /api/rooms/kept/members/Alex",
	} {
		described.try(t, s.url, request)
	}
	described.allSucceeded(t)
}

func findRoute(router routers.Router, method, path string) (*routers.Route, map[string]string, error) {
	req, err := http.NewRequest(method, strings.ReplaceAll(path, "%2F", "-"), nil) // the router decodes too early
	if err != nil {
		return nil, nil, err
	}
	return router.FindRoute(req)
}

func TestHistoryIsReadByPosition(t *testing.T) {
	t.Parallel()
	s := start(t, "--history-messages=5")
	for i := range 8 {
		_, _, _ = call(t, "POST", s.url+"/api/rooms/a/messages", fmt.Sprintf(`{"sender":"Alex","text":"%d"}`, i+1))
	}
	epoch := s.epoch(t, "a")
	page := func(query string) string {
		_, body := get(t, s.url+"/api/rooms/a/messages"+query)
		return strings.TrimSpace(script(body))
	}
	messages := func(from, to int) string {
		var all []string
		for i := from; i <= to; i++ {
			all = append(all, message(i))
		}
		return `"messages":[` + strings.Join(all, ",") + `]`
	}
	assert.Equal(t, `{"room":"a","epoch":"E",`+messages(7, 8)+`,"since":"`+epoch+`:8","more":false}`, page("?limit=2"))
	assert.Equal(t, `{"room":"a","epoch":"E","gap":{"from":3,"to":3},`+messages(4, 5)+`,"since":"`+epoch+`:5","more":true}`, page("?limit=2&since="+epoch+":2"))
	assert.Equal(t, `{"room":"a","epoch":"E",`+messages(6, 8)+`,"since":"`+epoch+`:8","more":false}`, page("?since="+epoch+":5"))
	assert.Equal(t, `{"room":"a","epoch":"E","gap":{"from":1,"to":3},`+messages(4, 8)+`,"since":"`+epoch+`:8","more":false}`, page("?since=old:5"))
}

func TestAKickClosesTheUsersConnectionsInTheRoom(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--announce-limit=-1")
	alex, again, bea := dial(t, s, "/ws/chat/a?username=Alex"), dial(t, s, "/ws?username=Alex"), dial(t, s, "/ws/chat/a?username=Bea")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "2" }, wait, tick)
	again.asks(`{"type":"join","room":"a"}`, `{"type":"joined","room":"a","epoch":"E","seq":0,"members":3,"recovered":false}`)
	elsewhere := dial(t, s, "/ws/chat/b?username=Alex")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "4" }, wait, tick)
	status, body, _ := call(t, "DELETE", s.url+"/api/rooms/a/members/Alex", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, `{"closed":2}`, strings.TrimSpace(body))
	alex.isClosed(1008, "Kicked")
	again.isClosed(1008, "Kicked")
	for _, c := range []*client{bea, elsewhere} {
		c.sends("hi")
		_, _, err := c.conn.Read(c.ctx)
		require.NoError(t, err)
	}
	assert.Equal(t, "2", s.metric(t, `plenum_refused_total{reason="kicked"}`))
}
