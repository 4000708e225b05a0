package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// operator calls the admin listener. It returns the status and the answer.
func operator(t *testing.T, s *testServer, request string) string {
	t.Helper()
	verb, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	status, answer, _ := call(t, verb, s.admin+path, body)
	assert.NotContains(t, answer, appSecret)
	assert.NotContains(t, answer, otherSecret)
	return fmt.Sprint(status, " ", strings.TrimSpace(answer))
}

// The test sends requests of all kinds. At least one request of each kind succeeds.
func TestTheChannelsOfTheAdminListenerMatchTheirOpenAPIDocument(t *testing.T) {
	alsoInACluster(t)
	plainOnly(t, "the admin listener has no TLS")
	t.Parallel()
	s := startTwoApps(t, "")
	described := describes(t, s.admin+"/api/channels/openapi.json")
	connects(t, s).enters("presence-x", `{"user_id":"a/b","user_info":{"name":"A"}}`)
	for _, request := range []string{
		"GET /api/channels/openapi.json", "GET /api/apps",
		"GET /api/channels", "GET /api/channels?app=7&prefix=pres&limit=1", "GET /api/channels?app=none", "GET /api/channels?limit=0",
		"GET /api/channels/7/presence-x", "GET /api/channels/7/nobody", "GET /api/channels/none/x", "GET /api/channels/7/a%20b",
		"GET /api/channels/7/presence-x/members", "GET /api/channels/7/presence-x/members?infos=true", "GET /api/channels/7/presence-x/members?infos=x", "GET /api/channels/7/presence-none/members", "GET /api/channels/7/news/members",
		`POST /api/channels/7/presence-x/messages {"name":"order","data":"1"}`, `POST /api/channels/7/presence-x/messages {}`,
		"GET /api/channels/7/presence-x/messages", "GET /api/channels/7/presence-x/messages?since=old:7", "GET /api/channels/7/presence-x/messages?since=7",
		"DELETE /api/channels/7/presence-x/members/a%2Fb", "DELETE /api/channels/7/presence-x/members/nobody",
	} {
		described.try(t, s.admin, request)
	}
	described.allSucceeded(t)
}

func TestOperatorsReadAndPublishInTheChannelsOfAllApps(t *testing.T) {
	plainOnly(t, "the admin listener has no TLS")
	t.Parallel()
	s := startTwoApps(t, "")
	a := connects(t, s)
	a.signsIn(`{"id":"1"}`)
	_, _, err := a.conn.Read(a.ctx)
	require.NoError(t, err)
	a.subscribes("news")
	publish := func(channel, body string) string {
		return script(operator(t, s, "POST /api/channels/"+channel+"/messages "+body))
	}
	for _, channel := range []string{"7/a", "7/b", "7/private-b", "8/b", "7/%23server-to-user-1"} {
		require.Equal(t, `202 {"seq":1,"epoch":"E"}`, publish(channel, `{"name":"order","data":"{\"n\":1}"}`))
	}
	require.Equal(t, `202 {"seq":1,"epoch":"E"}`, publish("7/news", `{"name":"order","data":"<1>"}`))
	a.receives(`{"event":"order","channel":"#server-to-user-1","data":"{\"n\":1}","seq":1}`)
	a.receives(`{"event":"order","channel":"news","data":"<1>","seq":1}`)
	assert.Contains(t, operator(t, s, "GET /api/channels/7/a/messages"), `"messages":[{"event":"order","channel":"a","data":"{\"n\":1}","seq":1}]`)
	assert.Equal(t, `200 {"apps":["7","8"]}`, operator(t, s, "GET /api/apps"))

	room := func(name string, members int) string {
		return fmt.Sprintf(`{"room":"%s","members":%d,"seq":1,"epoch":"E"}`, name, members)
	}
	for query, want := range map[string]string{
		"":                           `{"rooms":[` + room("7/a", 0) + "," + room("7/b", 0) + "," + room("7/news", 1) + "," + room("7/private-b", 0) + "," + room("8/b", 0) + `],"cursor":""}`,
		"?prefix=b":                  `{"rooms":[` + room("7/b", 0) + "," + room("8/b", 0) + `],"cursor":""}`,
		"?prefix=b&app=8":            `{"rooms":[` + room("8/b", 0) + `],"cursor":""}`,
		"?prefix=private-b":          `{"rooms":[` + room("7/private-b", 0) + `],"cursor":""}`,
		"?prefix=c":                  `{"rooms":[],"cursor":""}`,
		"?prefix=%23server":          `{"rooms":[],"cursor":""}`,
		"?prefix=a+b":                `{"rooms":[],"cursor":""}`,
		"?limit=1":                   `{"rooms":[` + room("7/a", 0) + `],"cursor":"7/a"}`,
		"?limit=1&prefix=b":          `{"rooms":[` + room("7/b", 0) + `],"cursor":"7/b"}`,
		"?limit=1&prefix=b&app=7":    `{"rooms":[` + room("7/b", 0) + `],"cursor":""}`,
		"?limit=2&cursor=7/news":     `{"rooms":[` + room("7/private-b", 0) + "," + room("8/b", 0) + `],"cursor":""}`,
		"?limit=9&cursor=8/b":        `{"rooms":[],"cursor":""}`,
		"?limit=1&prefix=b&cursor=7": `{"rooms":[` + room("7/b", 0) + `],"cursor":"7/b"}`,
	} {
		assert.Equal(t, "200 "+want, script(operator(t, s, "GET /api/channels"+query)), query)
	}
}

func TestBadInputOfAnOperatorGetsAClearError(t *testing.T) {
	plainOnly(t, "the admin listener has no TLS")
	t.Parallel()
	s := startTwoApps(t, `,"limits":{"payload":"125B"}`)
	const badName = "a channel's name must have 1 to 200 letters, digits or characters of _-=@,.;"
	const badBody = `the body must be {"name":"…","data":"…"}, where name and data are strings`
	for request, want := range map[string]string{
		"GET /api/channels?app=none":                                                                `404 there is no app with the id "none"`,
		"GET /api/channels?limit=0":                                                                 "400 limit must be a number from 1 to 1000",
		"GET /api/channels/none/news":                                                               `404 there is no app with the id "none"`,
		"GET /api/channels/7/nobody":                                                                "404 the channel has no members and no retained messages",
		"GET /api/channels/7/a%20b":                                                                 "400 " + badName,
		"GET /api/channels/7/" + strings.Repeat("x", 201):                                           "400 " + badName,
		"GET /api/channels/7/news/members":                                                          "400 only a presence channel has members that are known by name",
		"DELETE /api/channels/7/news/members/1":                                                     "400 only a presence channel has members that are known by name",
		"DELETE /api/channels/7/presence-x/members/1":                                               "404 the channel has no member with this name",
		"GET /api/channels/7/presence-x/members?infos=1":                                            "400 infos must be true or false",
		"GET /api/channels/7/news/messages?since=7":                                                 "400 since must have the form epoch:seq",
		"PUT /api/channels/7/news/messages":                                                         "405 the method must be GET, POST",
		`POST /api/channels/none/news/messages {"name":"x","data":""}`:                              `404 there is no app with the id "none"`,
		`POST /api/channels/7/a%20b/messages {"name":"x","data":""}`:                                "400 " + badName,
		`POST /api/channels/7/news/messages x`:                                                      "400 " + badBody,
		`POST /api/channels/7/news/messages {"name":"x"}`:                                           "400 " + badBody,
		`POST /api/channels/7/news/messages {"name":"x","data":{}}`:                                 "400 " + badBody,
		"POST /api/channels/7/news/messages {\"name\":\"\xff\",\"data\":\"\"}":                      "400 " + badBody,
		`POST /api/channels/7/news/messages {"name":"","data":""}`:                                  "400 name must have 1 to 200 bytes",
		`POST /api/channels/7/news/messages {"name":"pusher_internal:x","data":""}`:                 "400 name must not begin with pusher:, pusher_internal: or plenum:, which are the server's own events",
		`POST /api/channels/7/news/messages {"name":"x","data":"` + strings.Repeat("x", 126) + `"}`: "413 data must not be longer than 125 bytes (limits.payload of the app)",
		`POST /api/channels/7/news/messages {"name":"` + strings.Repeat("x", 3000) + `"}`:           "413 the body must not be longer than 2974 bytes",
		`POST /api/channels/7/private-encrypted-x/messages {"name":"x","data":""}`:                  "400 the events of an encrypted channel are encrypted by the app's back end: the server has no key",
		`POST /api/channels/7/private-encrypted-cache-x/messages {"name":"x","data":"12345678"}`:    "400 the events of an encrypted channel are encrypted by the app's back end: the server has no key",
	} {
		verb, rest, _ := strings.Cut(request, " ")
		path, body, _ := strings.Cut(rest, " ")
		status, answer, contentType := call(t, verb, s.admin+path, body)
		var problem struct{ Detail string }
		require.NoError(t, json.Unmarshal([]byte(answer), &problem), request)
		assert.Equal(t, want, fmt.Sprint(status, " ", problem.Detail), request)
		assert.Equal(t, "application/problem+json", contentType, request)
	}
}

func TestTheChannelsAreForOperatorsOnThisMachineOnly(t *testing.T) {
	plainOnly(t, "the admin listener has no TLS")
	t.Parallel()
	s := startTwoApps(t, "")
	for _, path := range []string{"/api/apps", "/api/channels", "/api/channels/7/news", "/api/channels/7/news/messages"} {
		status, _, _ := call(t, "GET", s.url+path, "")
		assert.Equal(t, http.StatusNotFound, status, "the public listener does not have %s", path)
		for header, value := range map[string]string{"X-Forwarded-For": "192.0.2.1", "Origin": s.url} {
			status, _, _ = call(t, "GET", s.admin+path, "", header, value)
			assert.Equal(t, http.StatusForbidden, status, "%s: %s", header, value)
		}
	}
	status, _, _ := call(t, "GET", start(t).admin+"/api/channels", "")
	assert.Equal(t, http.StatusNotFound, status, "a server without apps has no channels")
}
