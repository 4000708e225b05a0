package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEchoGreetsAnswersAndSaysGoodbye(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	c := dial(t, start(t), "/echo")
	c.receives("Connected. Say something.")
	c.sends("hello")
	c.receives("You said: hello")
	require.NoError(t, c.conn.Write(c.ctx, websocket.MessageBinary, []byte("ignored")))
	c.sends("")
	c.receives("You said: ")
	c.sends("ByE")
	c.isClosed(1000, "Goodbye")
}

func TestHelloAsksForTheNameAndGreets(t *testing.T) {
	t.Parallel()
	c := dial(t, start(t), "/hello")
	c.receives("Please enter your name")
	c.sends("Béa")
	c.receives("Hi, Béa!")
	c.sends("bye")
	c.isClosed(1000, "Client said BYE")
}

func TestRawEchoReturnsTextAndBinaryUnchanged(t *testing.T) {
	t.Parallel()
	c := dial(t, start(t), "/echo/raw")
	for _, kind := range []websocket.MessageType{websocket.MessageText, websocket.MessageBinary} {
		for _, size := range []int{0, 1, 125, 126, 65535, 65536} {
			sent := strings.Repeat("x", size)
			require.NoError(t, c.conn.Write(c.ctx, kind, []byte(sent)))
			got, b, err := c.conn.Read(c.ctx)
			require.NoError(t, err)
			assert.Equal(t, kind, got)
			assert.Equal(t, sent, string(b))
		}
	}
}

func TestTheLobbyNamesItsUsersAndSendsMessagesToAll(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := dial(t, s, "/chat")
	a.receives("You are connected! There are 1 users here.")
	b := dial(t, s, "/chat")
	b.receives("You are connected! There are 2 users here.")
	a.sends("") // is ignored
	a.sends("hi")
	a.receives("[user0]: hi")
	b.receives("[user0]: hi")
	a.leaves()
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
	c := dial(t, s, "/chat")
	c.receives("You are connected! There are 2 users here.")
	c.sends("there")
	b.receives("[user2]: there")
}

func TestARoomSendsJoinsMessagesAndLeaves(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	alex := dial(t, s, "/ws/chat/general?username=Alex")
	alex.receives(`{"sender":"System","text":"Alex joined the room","room":"general","timestamp":T,"seq":1}`)
	bea := dial(t, s, "/ws/chat/general?username=B%C3%A9a")
	bea.receives(`{"sender":"System","text":"Béa joined the room","room":"general","timestamp":T,"seq":2}`)
	alex.receives(`{"sender":"System","text":"Béa joined the room","room":"general","timestamp":T,"seq":2}`)
	require.NoError(t, bea.conn.Write(bea.ctx, websocket.MessageBinary, []byte("ignored")))
	bea.sends(`Hello "everyone"!`)
	for _, c := range []*client{alex, bea} {
		c.receives(`{"sender":"Béa","text":"Hello \"everyone\"!","room":"general","timestamp":T,"seq":3}`)
	}
	bea.leaves()
	alex.receives(`{"sender":"System","text":"Béa left the room","room":"general","timestamp":T,"seq":4}`)
}

func TestAnEmptyTextIsIgnoredButCounts(t *testing.T) {
	t.Parallel()
	s := start(t, "--rate-messages=3", "--announce-limit=-1")
	a, b := dial(t, s, "/ws/chat/a?username=Alex"), dial(t, s, "/ws/chat/a?username=Alex")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "2" }, wait, tick)
	a.sends("")
	a.sends("hi")
	for _, c := range []*client{a, b} {
		c.receives(`{"sender":"Alex","text":"hi","room":"a","timestamp":T,"seq":1}`)
	}
	for range 100 {
		if b.conn.Write(b.ctx, websocket.MessageText, nil) != nil {
			break
		}
	}
	b.isClosed(1008, "Rate limit")
}

func TestMessagesStayInTheirRoom(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	a, b := dial(t, s, "/ws/chat/a"), dial(t, s, "/ws/chat/b")
	a.receives(`{"sender":"System","text":"Anonymous joined the room","room":"a","timestamp":T,"seq":1}`)
	b.receives(`{"sender":"System","text":"Anonymous joined the room","room":"b","timestamp":T,"seq":1}`)
	a.sends("to a")
	b.sends("to b")
	a.receives(`{"sender":"Anonymous","text":"to a","room":"a","timestamp":T,"seq":2}`)
	b.receives(`{"sender":"Anonymous","text":"to b","room":"b","timestamp":T,"seq":2}`)
}

func TestTheDefaultRoomIsGeneral(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	for i, path := range []string{"/ws/chat", "/ws/chat/"} {
		c := dial(t, s, path+"?username=")
		c.receives(fmt.Sprintf(`{"sender":"System","text":"Anonymous joined the room","room":"general","timestamp":T,"seq":%d}`, i+1))
		c.leaves()
		require.Eventually(t, func() bool { return s.metric(t, "plenum_rooms") == "0" }, wait, tick)
	}
}

func TestInvalidNamesAndRoomsAreRefused(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	for path, reason := range map[string]string{
		"/ws/chat/x?username=" + strings.Repeat("n", 65):       "Bad name",
		"/ws/chat/x?username=a%0Ab":                            "Bad name",
		"/ws/chat/x?username=%FF":                              "Bad name",
		"/ws/chat/x?username=%ZZ":                              "Bad name",
		"/ws/chat/x?username=sYsTeM":                           "Name reserved",
		"/ws/chat/x?username=%20System":                        "Name reserved",
		"/ws/chat/x?username=Sys%E2%80%8Btem":                  "Name reserved",
		"/ws/chat/" + strings.Repeat("r", 129):                 "Bad room",
		"/ws/chat/a%00b":                                       "Bad room",
		"/ws/chat/%C3":                                         "Bad room",
		"/ws/chat/" + strings.Repeat("r", 129) + "?username=a": "Bad room",
		"/ws?announcements=all":                                "Bad announcements",
		"/ws/chat/x?announcements=":                            "Bad announcements",
		"/ws/chat/x?since=42":                                  "Bad since",
		"/ws?username=System":                                  "Name reserved",
	} {
		dial(t, s, path).isClosed(1008, reason)
	}
	for reason, n := range map[string]string{"bad_name": "4", "bad_room": "4", "name_reserved": "4", "bad_since": "1"} {
		require.Eventually(t, func() bool { return s.metric(t, `plenum_refused_total{reason="`+reason+`"}`) == n }, wait, tick, reason)
	}
	longest := dial(t, s, "/ws/chat/"+strings.Repeat("r", 128)+"?username="+strings.Repeat("n", 64))
	_, _, err := longest.conn.Read(longest.ctx)
	require.NoError(t, err)
}

func TestASlashInARoomsNameIsPartOfTheName(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	c := dial(t, start(t), "/ws/chat/a%2Fb%20c?username=Alex")
	c.receives(`{"sender":"System","text":"Alex joined the room","room":"a/b c","timestamp":T,"seq":1}`)
}

func TestDemoRoutesCanBeLeftOut(t *testing.T) {
	t.Parallel()
	s := start(t, "--no-demo-routes")
	for _, path := range []string{"/echo", "/hello", "/chat", "/echo/raw"} {
		status, _ := get(t, s.url+path)
		assert.Equal(t, http.StatusNotFound, status, path)
	}
	dial(t, s, "/ws/chat/a").receives(`{"sender":"System","text":"Anonymous joined the room","room":"a","timestamp":T,"seq":1}`)
}

func TestWorksBehindAnHTTPProxy(t *testing.T) {
	t.Parallel()
	s := start(t)
	target, err := url.Parse(s.url)
	require.NoError(t, err)
	proxy := httptest.NewServer(httputil.NewSingleHostReverseProxy(target))
	t.Cleanup(proxy.Close)
	c := dial(t, &testServer{url: proxy.URL}, "/ws/chat/general?username=Alex")
	c.receives(`{"sender":"System","text":"Alex joined the room","room":"general","timestamp":T,"seq":1}`)
	c.sends("through")
	c.receives(`{"sender":"Alex","text":"through","room":"general","timestamp":T,"seq":2}`)
	c.leaves()
}

func TestPageOfAnotherOriginIsRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		origin string
		flags  []string
		status int
	}{
		{"", nil, 101},
		{"http://evil.example", nil, 403},
		{"null", nil, 403},
		{"http://app.example", []string{"--origins=http://app.example"}, 101},
		{"https://app.example", []string{"--origins=http://app.example"}, 403},
		{"http://evil.example", []string{"--origins=*"}, 101},
	} {
		s := start(t, tc.flags...)
		header := http.Header{}
		if tc.origin != "" {
			header.Set("Origin", tc.origin)
		}
		conn, resp, err := websocket.Dial(t.Context(), s.url+"/ws/chat/a", &websocket.DialOptions{HTTPHeader: header})
		require.NotNil(t, resp, err)
		assert.Equal(t, tc.status, resp.StatusCode, tc.origin)
		if err == nil {
			_ = conn.CloseNow()
		}
	}
}

func TestALobbyMemberReceivesAllMessagesAfterTheGreeting(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	a := dial(t, s, "/chat")
	a.receives("You are connected! There are 1 users here.")
	for i := range 20 {
		b := dial(t, s, "/chat")
		b.receives("You are connected! There are 2 users here.")
		line := fmt.Sprint("[user0]: ", i)
		a.sends(fmt.Sprint(i))
		a.receives(line)
		b.receives(line)
		b.leaves()
		require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
	}
}

func TestRoomsBeyondTheLimitAreRefused(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--max-rooms=1", "--announce-limit=-1")
	in := dial(t, s, "/ws/chat/a?username=Alex")
	in.sends("hi")
	in.receives(`{"sender":"Alex","text":"hi","room":"a","timestamp":T,"seq":1}`)
	dial(t, s, "/ws/chat/b").isClosed(1008, "Too many rooms")
	dial(t, s, "/ws/chat/a").sends("me too")
	in.receives(`{"sender":"Anonymous","text":"me too","room":"a","timestamp":T,"seq":2}`)
	require.Equal(t, "1", s.metric(t, `plenum_refused_total{reason="too_many_rooms"}`))
	require.Equal(t, "1", s.metric(t, "plenum_rooms"))
}
