package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/api"
)

func TestARoomSpansNodes(t *testing.T) {
	t.Parallel()
	nodes := startNodes(t, startBroker(t, 0, t.TempDir()).ClientURL(), 2)
	alex := dial(t, nodes[0], "/ws/chat/a?username=Alex")
	alex.receives(`{"sender":"System","text":"Alex joined the room","room":"a","timestamp":T,"seq":1}`)
	bea := dial(t, nodes[1], "/ws?username=Bea")
	bea.sends(`{"type":"join","id":1,"room":"a","since":":0"}`)
	_, joined, err := bea.conn.Read(bea.ctx)
	require.NoError(t, err)
	require.Regexp(t, `^{"type":"joined","id":1,"room":"a","epoch":"\w+","seq":1,"members":[12],"recovered":false}$`, string(joined))
	bea.receives(`{"sender":"System","text":"Alex joined the room","room":"a","timestamp":T,"seq":1}`)
	for _, c := range []*client{alex, bea} {
		c.receives(`{"sender":"System","text":"Bea joined the room","room":"a","timestamp":T,"seq":2}`)
	}
	alex.sends("hi")
	for _, c := range []*client{alex, bea} {
		c.receives(`{"sender":"Alex","text":"hi","room":"a","timestamp":T,"seq":3}`)
	}
	bea.sends(`{"type":"publish","id":2,"room":"a","text":"hello"}`)
	bea.receivesBoth(`{"type":"published","id":2,"room":"a","seq":4}`, `{"sender":"Bea","text":"hello","room":"a","timestamp":T,"seq":4}`)
	alex.receives(`{"sender":"Bea","text":"hello","room":"a","timestamp":T,"seq":4}`)
	bea.asks(`{"type":"members","id":3,"room":"a"}`, `{"type":"members","id":3,"room":"a","members":["Alex","Bea"],"cursor":""}`)

	epoch := epochs.FindStringSubmatch(string(joined))[1]
	listener := listenTo(t, nodes[1], "/sse/rooms/a?since="+epoch+":3")
	require.Equal(t, epoch+":3", listener.receivesPosition())
	listener.receives("id: " + epoch + ":4\nevent: message\ndata: " + `{"sender":"Bea","text":"hello","room":"a","timestamp":T,"seq":4}`)

	require.NoError(t, nodes[1].stop())
	alex.receives(`{"sender":"System","text":"Bea left the room","room":"a","timestamp":T,"seq":5}`)
}

func TestAnyNodeAnswersForTheWholeCluster(t *testing.T) {
	t.Parallel()
	nodes := startNodes(t, startBroker(t, 0, t.TempDir()).ClientURL(), 3, "--announce-limit=-1")
	for i := range 2 {
		_ = dial(t, nodes[i], fmt.Sprint("/ws/chat/a?username=m", i))
	}
	last := nodes[2]
	require.Eventually(t, func() bool {
		_, body := get(t, last.url+"/api/rooms/a")
		var found api.Room
		return json.Unmarshal([]byte(body), &found) == nil && found.Members == 2
	}, wait, tick)
	status, body, _ := call(t, "POST", last.url+"/api/rooms/a/messages", `{"sender":"API","text":"hi"}`)
	require.Equal(t, http.StatusAccepted, status, body)
	require.Eventually(t, func() bool { // until the node knows all others
		_, body = get(t, last.url+"/api/rooms")
		return script(body) == `{"rooms":[{"room":"a","members":2,"seq":1,"epoch":"E"}],"cursor":""}`+"\n"
	}, wait, tick)
	require.Eventually(t, func() bool {
		_, body = get(t, last.url+"/api/rooms/a/members")
		return body == `{"room":"a","members":["m0","m1"],"cursor":""}`+"\n"
	}, wait, tick)
	_, body = get(t, last.url+"/api/rooms/a/messages?since=:0")
	assert.Regexp(t, `"messages":\[{"sender":"API","text":"hi","room":"a","timestamp":\d+,"seq":1}\]`, body)
	status, body, _ = call(t, "DELETE", last.url+"/api/rooms/a/members/m1", "")
	require.Equal(t, http.StatusOK, status, body)
	assert.JSONEq(t, `{"closed":1}`, body)
	status, _ = get(t, last.url+"/api/rooms/nowhere")
	assert.Equal(t, http.StatusNotFound, status)
}

// stoppedBroker returns a node of a cluster whose broker was stopped, and a client that joined before.
func stoppedBroker(t *testing.T) (s *testServer, before *client) {
	t.Helper()
	b := startBroker(t, 0, t.TempDir())
	s = start(t, "--cluster="+b.ClientURL(), "--announce-limit=-1")
	s.isReady(t)
	before = dial(t, s, "/ws?username=Bea")
	before.asks(`{"type":"join","room":"a"}`, `{"type":"joined","room":"a","epoch":"E","seq":0,"members":1,"recovered":false}`)
	goesAway(t, b, s)
	return s, before
}

func TestWithoutTheBusAPublisherReceivesAnErrorAndStaysConnected(t *testing.T) {
	t.Parallel()
	s, bea := stoppedBroker(t)
	status, body := get(t, s.admin+"/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Equal(t, "the bus is away\n", body)

	const away = `"code":"bus","message":"the bus is away"`
	bea.asks(`{"type":"publish","id":1,"room":"a","text":"hi"}`, `{"type":"error","id":1,`+away+`}`)
	bea.asks(`{"type":"join","id":2,"room":"b"}`, `{"type":"error","id":2,`+away+`}`)
	bea.asks(`{"type":"members","id":3,"room":"a"}`, `{"type":"error","id":3,`+away+`}`)
	bea.asks(`{"type":"ping","id":4}`, `{"type":"pong","id":4,"timestamp":T}`)
	bea.asks(`{"type":"leave","id":5,"room":"a"}`, `{"type":"left","id":5,"room":"a"}`)

	for _, path := range []string{"/api/rooms", "/api/rooms/a", "/api/rooms/a/members", "/api/rooms/a/messages", "/sse/rooms/a"} {
		status, body := get(t, s.url+path)
		assert.Equal(t, http.StatusServiceUnavailable, status, path)
		assert.Contains(t, body, `"detail":"the bus is away","code":"bus"`, path)
	}
	status, body, _ = call(t, "POST", s.url+"/api/rooms/a/messages", `{"text":"hi"}`)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, body, `"code":"bus"`)
	dial(t, s, "/ws/chat/a").isClosed(int(websocket.StatusTryAgainLater), `The bus is away; retry in \d+ ms`)
}
