package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startAppNodes starts two nodes of a cluster with an app. more are further settings of the app, as JSON.
func startAppNodes(t *testing.T, more string) (a, b *testServer) {
	t.Helper()
	plainOnly(t, "the test starts a cluster")
	app := fmt.Sprintf(`--apps=[{"id":"7","key":"%s","secret":"%s","client-events":true%s}]`, appKey, appSecret, more)
	nodes := startNodes(t, startBroker(t, 0, t.TempDir()).ClientURL(), 2, app, "--drain-window=0s")
	return nodes[0], nodes[1]
}

// position receives the answer to a subscription, and returns the position in it.
func (c *pusherClient) position(channel string) string {
	c.t.Helper()
	_, b, err := c.conn.Read(c.ctx)
	require.NoError(c.t, err)
	var e struct {
		Event, Channel, Epoch string
		Seq                   int
	}
	require.NoError(c.t, json.Unmarshal(b, &e))
	require.Equal(c.t, []string{"pusher_internal:subscription_succeeded", channel}, []string{e.Event, e.Channel}, string(b))
	return fmt.Sprintf("%s:%d", e.Epoch, e.Seq)
}

func TestChannelsSpanTheNodesOfACluster(t *testing.T) {
	t.Parallel()
	one, two := startAppNodes(t, "")
	a, b := connects(t, one), connects(t, two)
	a.subscribes("private-x")
	b.asksFor("private-x", nil)
	began := b.position("private-x")
	both := func(event, data string, seq int) {
		t.Helper()
		for _, c := range []*pusherClient{a, b} {
			c.receives(fmt.Sprintf(`{"event":"%s","channel":"private-x","data":"%s","seq":%d}`, event, data, seq))
		}
	}
	a.sendsEvent("client-a", "private-x", "hi")
	b.receives(clientEvent("private-x", "hi", 1)) // and a receives no copy
	require.Equal(t, "200 {}", backend(t, two, "POST /events", `{"name":"order","channel":"private-x","data":"1"}`))
	both("order", "1", 2)
	require.Equal(t, "200 {}", backend(t, two, "POST /events", `{"name":"order","channel":"private-x","data":"2","socket_id":"`+a.socket+`"}`))
	b.receives(`{"event":"order","channel":"private-x","data":"2","seq":3}`)
	require.Equal(t, "200 {}", backend(t, one, "POST /batch_events", `{"batch":[{"name":"x","channel":"private-x","data":"3"}]}`))
	both("x", "3", 4)

	for _, s := range []*testServer{one, two} {
		for request, want := range map[string]string{
			"GET /channels?info=subscription_count":           `200 {"channels":{"private-x":{"subscription_count":2}}}`,
			"GET /channels/private-x?info=subscription_count": `200 {"occupied":true,"subscription_count":2}`,
		} {
			require.Eventually(t, func() bool { return backend(t, s, request, "") == want }, wait, tick, "the nodes exchange their counts")
		}
		_, rooms := get(t, s.url+"/api/rooms")
		assert.NotContains(t, rooms, "private-x")
	}

	late := connects(t, one) // b's client after it has lost its node
	late.asksFor("private-x", map[string]any{"since": began})
	late.position("private-x")
	for _, want := range []string{clientEvent("private-x", "hi", 1), `{"event":"order","channel":"private-x","data":"1","seq":2}`, `{"event":"order","channel":"private-x","data":"2","seq":3}`, `{"event":"x","channel":"private-x","data":"3","seq":4}`} {
		late.receives(want)
	}
}

func TestAUserIsReachedAndTerminatedAtEveryNode(t *testing.T) {
	t.Parallel()
	one, two := startAppNodes(t, "")
	a, b, other := connects(t, one), connects(t, two), connects(t, two)
	for c, id := range map[*pusherClient]string{a: "alex", b: "alex", other: "bea"} {
		c.signsIn(`{"id":"` + id + `"}`)
		_, _, err := c.conn.Read(c.ctx)
		require.NoError(t, err)
		c.asksFor("#server-to-user-"+id, nil)
		c.position("#server-to-user-" + id)
	}
	require.Equal(t, "200 {}", backend(t, one, "POST /events", `{"name":"mail","channel":"#server-to-user-alex","data":"1"}`))
	a.receives(`{"event":"mail","channel":"#server-to-user-alex","data":"1","seq":1}`)
	b.receives(`{"event":"mail","channel":"#server-to-user-alex","data":"1","seq":1}`)
	require.Equal(t, "200 {}", backend(t, one, "POST /users/alex/terminate_connections", "{}"))
	a.isClosed(4009, "Terminated by the app")
	b.isClosed(4009, "Terminated by the app")
	other.isQuiet()
}

func TestAPresenceChannelCountsAUserOnceOnAllNodes(t *testing.T) {
	t.Parallel()
	r := newHookReceiver(t)
	one, two := startAppNodes(t, fmt.Sprintf(`,"webhooks":[{"url":"%s/app","secret":"%s"}]`, r.URL, hookSecret))
	a, b, tab := connects(t, one), connects(t, two), connects(t, two)
	a.enters("presence-x", `{"user_id":"1","user_info":{"name":"A"}}`)
	r.takes(t, `{"name":"channel_occupied","channel":"presence-x"}`, `{"name":"member_added","channel":"presence-x","user_id":"1"}`)
	list := b.enters("presence-x", `{"user_id":"2","user_info":{"name":"B"}}`)
	assert.Equal(t, 2, list.Presence.Count)
	assert.JSONEq(t, `{"name":"A"}`, string(list.Presence.Hash["1"]))
	a.hears(added, "presence-x", `{"user_id":"2","user_info":{"name":"B"}}`)
	r.takes(t, `{"name":"member_added","channel":"presence-x","user_id":"2"}`)

	list = tab.enters("presence-x", `{"user_id":"1","user_info":{"name":"A"}}`) // the second tab of 1, at the other node
	assert.Equal(t, 2, list.Presence.Count)
	for _, s := range []*testServer{one, two} {
		assert.Equal(t, `200 {"users":[{"id":"1"},{"id":"2"}]}`, backend(t, s, "GET /channels/presence-x/users", ""))
	}
	tab.leaves()
	require.Eventually(t, func() bool { return two.metric(t, "plenum_members") == "1" }, wait, tick)
	a.isQuiet()
	b.sendsEvent("client-a", "presence-x", 1)
	_, frame, err := a.conn.Read(a.ctx)
	require.NoError(t, err)
	assert.Regexp(t, `^\{"event":"client-a","channel":"presence-x","data":"1","user_id":"2","seq":\d+\}$`, string(frame))
	r.takes(t, fmt.Sprintf(`{"name":"client_event","channel":"presence-x","event":"client-a","data":"1","socket_id":%q,"user_id":"2"}`, b.socket))

	a.leaves()
	again := channelEvent{added, "presence-x", `{"user_id":"1","user_info":{"name":"A"}}`, 1}
	left := b.next()
	if left == again { // the join of 1 was announced after b had entered, with 1 in its list
		left = b.next()
	}
	assert.Equal(t, channelEvent{removed, "presence-x", `{"user_id":"1"}`, left.Seq}, left)
	r.takes(t, `{"name":"member_removed","channel":"presence-x","user_id":"1"}`)
	b.leaves()
	r.takes(t, `{"name":"member_removed","channel":"presence-x","user_id":"2"}`, `{"name":"channel_vacated","channel":"presence-x"}`)
}

func TestASubscriptionResumesAfterARestartWithData(t *testing.T) {
	t.Parallel()
	plainOnly(t, "the server with --data is alone")
	dir := t.TempDir()
	s := startApp(t, "", "--data="+dir, "--drain-window=0s")
	a := connects(t, s)
	a.asksFor("news", nil)
	began := a.position("news")
	require.Equal(t, "200 {}", backend(t, s, "POST /events", `{"name":"one","channel":"news","data":"1"}`))
	a.receives(`{"event":"one","channel":"news","data":"1","seq":1}`)
	require.NoError(t, s.stop())

	s = startApp(t, "", "--data="+dir, "--drain-window=0s")
	again := connects(t, s)
	again.asksFor("news", map[string]any{"since": began})
	_, answer, err := again.conn.Read(again.ctx)
	require.NoError(t, err)
	assert.Contains(t, string(answer), `"recovered":true`)
	again.receives(`{"event":"one","channel":"news","data":"1","seq":1}`)
	require.Equal(t, "200 {}", backend(t, s, "POST /events", `{"name":"two","channel":"news","data":"2"}`))
	again.receives(`{"event":"two","channel":"news","data":"2","seq":2}`)
}

// Libraries never repeat a subscription or a signin that was refused, but they do both again when they have connected again.
func TestWithoutTheBusASubscriberIsAskedToComeAgain(t *testing.T) {
	t.Parallel()
	plainOnly(t, "the test starts a cluster")
	b := startBroker(t, 0, t.TempDir())
	s := start(t, "--cluster="+b.ClientURL(), "--app=7:"+appKey+":"+appSecret)
	s.isReady(t)
	before := connects(t, s)
	before.subscribes("open")
	goesAway(t, b, s)
	late, other, user := connects(t, s), connects(t, s), connects(t, s)
	late.subscribes("open")
	other.asksFor("closed", nil)
	user.signsIn(`{"id":"alex"}`)
	other.isClosed(4100, "The bus is away")
	user.isClosed(4100, "The bus is away")
	late.sends(`{"event":"pusher:ping","data":{}}`)
	late.receives(`{"event":"pusher:pong","data":"{}"}`)
}
