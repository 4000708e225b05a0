package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func call(t *testing.T, method, url, body string, header ...string) (status int, answer, contentType string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	contentType = resp.Header.Get("Content-Type")
	status, answer = read(t, resp)
	return status, answer, contentType
}

func TestAPostedMessageIsDeliveredToTheRoom(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	alex := dial(t, s, "/ws/chat/general?username=Alex")
	alex.receives(`{"sender":"System","text":"Alex joined the room","room":"general","timestamp":T,"seq":1}`)
	status, body, kind := call(t, "POST", s.url+"/api/rooms/general/messages", `{"sender":"Bot","text":"hi"}`)
	assert.Equal(t, http.StatusAccepted, status)
	assert.Equal(t, "application/json", kind)
	_, shown, _ := call(t, "GET", s.url+"/api/rooms/general", "")
	epoch := strings.TrimSuffix(strings.SplitAfter(shown, `"epoch":"`)[1], "\"}\n")
	assert.Equal(t, fmt.Sprintf(`{"seq":2,"epoch":%q}`, epoch), strings.TrimSpace(body))
	assert.Equal(t, fmt.Sprintf(`{"room":"general","members":1,"seq":2,"epoch":%q}`, epoch), strings.TrimSpace(shown))
	alex.receives(`{"sender":"Bot","text":"hi","room":"general","timestamp":T,"seq":2}`)
}

func TestRoomsAreListedInPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, room := range []string{"c", "a", "b"} {
		dial(t, s, "/ws/chat/"+room).receives(fmt.Sprintf(`{"sender":"System","text":"Anonymous joined the room","room":%q,"timestamp":T,"seq":1}`, room))
	}
	_, first, _ := call(t, "GET", s.url+"/api/rooms?limit=2", "")
	assert.Regexp(t, `^\{"rooms":\[\{"room":"a","members":1,"seq":1,"epoch":"\w+"\},\{"room":"b",.*\],"cursor":"b"\}\n$`, first)
	_, rest, _ := call(t, "GET", s.url+"/api/rooms?limit=2&cursor=b", "")
	assert.Regexp(t, `^\{"rooms":\[\{"room":"c",[^{]*\],"cursor":""\}\n$`, rest)
}

func TestTheAPIAnswersInvalidRequestsWithProblemDetails(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--max-message=1KiB")
	for _, tc := range []struct {
		method, path, body string
		header             []string
		status             int
		detail             string
	}{
		{"GET", "/api/rooms/nowhere", "", nil, 404, "the room has no members and no retained messages"},
		{"GET", "/api/nothing", "", nil, 404, "no such resource: /api/nothing"},
		{"DELETE", "/api/rooms", "", nil, 405, "the method must be GET"},
		{"PUT", "/api/rooms/a/messages", "", nil, 405, "the method must be GET, POST"},
		{"GET", "/api/rooms/a/members/x", "", nil, 405, "the method must be DELETE"},
		{"DELETE", "/api/rooms/a/members/x", "", nil, 404, "the room has no member with this name"},
		{"GET", "/api/rooms/a/messages?since=1", "", nil, 400, "since must have the form epoch:seq"},
		{"GET", "/api/rooms?limit=0", "", nil, 400, "limit must be a number from 1 to 1000"},
		{"GET", "/api/rooms?limit=x", "", nil, 400, "limit must be a number from 1 to 1000"},
		{"GET", "/api/rooms/" + strings.Repeat("r", 129), "", nil, 400, "Bad room"},
		{"POST", "/api/rooms/a/messages", `{"sender":"system","text":"x"}`, nil, 400, "sender must be a valid username: Name reserved"},
		{"POST", "/api/rooms/a/messages", `{"sender":"a\nb","text":"x"}`, nil, 400, "sender must be a valid username: Bad name"},
		{"POST", "/api/rooms/a/messages", `{"sender":`, nil, 400, `the body must be {\"sender\":\"…\",\"text\":\"…\"}: sender must be a string: the input ends too early`},
		{"POST", "/api/rooms/a/messages", `{"sendr":"a"}`, nil, 400, `unknown field \"sendr\": the fields are sender, text, event and data`},
		{"POST", "/api/rooms/a/messages", `{"text":{"order":1}}`, nil, 400, "text must be a string"},
		{"POST", "/api/rooms/a/messages", `{"text":""}`, nil, 400, "text must be a string that is not empty"},
		{"POST", "/api/rooms/a/messages", "{\"text\":\"\xff\"}", nil, 400, "text must be a string: the value is not UTF-8"},
		{"POST", "/api/rooms/a/messages", `{"text":"a"} x`, nil, 400, "more data follows it"},
		{"POST", "/api/rooms/a/messages", `{"text":"` + strings.Repeat("x", 1025) + `"}`, nil, 413, "longer than 1KiB"},
		{"POST", "/api/rooms/a/messages", strings.Repeat(" ", 10_000), nil, 413, "the body must not be longer than 8698 bytes"},
		{"GET", "/api/rooms", "", []string{"X-Forwarded-For", "198.51.100.7"}, 403, "only callers on this machine"},
		{"GET", "/api/rooms?limit=%ZZ", "", nil, 400, "cannot be decoded"},
		{"POST", "/api/rooms/a/messages", `{"sender":"x"}`, nil, 400, "text must be a string that is not empty"},
		{"POST", "/api/rooms/a/messages", `null`, nil, 400, "text must be a string that is not empty"},
		{"POST", "/api/rooms//messages", `{"text":"x"}`, nil, 404, "no such resource"},
		{"GET", "/api", "", nil, 404, "no such resource"},
		{"GET", "/api/rooms", "", []string{"Origin", "http://evil.example"}, 403, "origin not allowed"},
	} {
		status, body, kind := call(t, tc.method, s.url+tc.path, tc.body, tc.header...)
		assert.Equal(t, tc.status, status, tc.path)
		assert.Equal(t, "application/problem+json", kind, tc.path)
		assert.Contains(t, body, tc.detail)
		assert.Contains(t, body, fmt.Sprintf(`{"type":"about:blank","title":%q,"status":%d,"detail":`, http.StatusText(tc.status), tc.status))
	}
}

func TestTheAPIRefusesADomainThatResolvesToLoopback(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s, named := start(t), start(t, "--admin=localhost:0")
	for url, host := range map[string]string{
		s.url + "/api/rooms":     "evil.example:8080",
		s.admin + "/metrics":     "evil.example",
		named.admin + "/metrics": "evil.example",
	} {
		req, err := http.NewRequest("GET", url, nil)
		require.NoError(t, err)
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		status, _ := read(t, resp)
		assert.Equal(t, http.StatusForbidden, status, url)
	}
}
