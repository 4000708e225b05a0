package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// members is the list of users that a new subscriber of a presence channel receives.
type members struct {
	Presence struct {
		Count int
		IDs   []string
		Hash  map[string]json.RawMessage
	}
}

// enters subscribes to a presence channel as a user, and returns the users of the channel.
func (c *pusherClient) enters(channel, channelData string) members {
	c.t.Helper()
	c.asksFor(channel, map[string]any{"channel_data": channelData})
	return c.isIn(channel)
}

// isIn receives the answer to a subscription.
func (c *pusherClient) isIn(channel string) (list members) {
	c.t.Helper()
	_, b, err := c.conn.Read(c.ctx)
	require.NoError(c.t, err)
	var e struct{ Event, Channel, Data, Epoch string }
	require.NoError(c.t, json.Unmarshal(b, &e))
	require.Equal(c.t, []string{"pusher_internal:subscription_succeeded", channel}, []string{e.Event, e.Channel}, string(b))
	require.NotEmpty(c.t, e.Epoch)
	require.NoError(c.t, json.Unmarshal([]byte(e.Data), &list))
	return list
}

// channelEvent is an event of a channel.
type channelEvent struct {
	Event, Channel, Data string
	Seq                  int
}

// next receives an event of a channel.
func (c *pusherClient) next() (e channelEvent) {
	c.t.Helper()
	_, b, err := c.conn.Read(c.ctx)
	require.NoError(c.t, err)
	require.NoError(c.t, json.Unmarshal(b, &e), string(b))
	return e
}

// hears receives an event of a channel and returns its number.
func (c *pusherClient) hears(event, channel, data string) (seq int) {
	c.t.Helper()
	e := c.next()
	require.Equal(c.t, channelEvent{event, channel, data, e.Seq}, e)
	return e.Seq
}

// isQuiet requires that no event is on its way.
func (c *pusherClient) isQuiet() {
	c.t.Helper()
	c.sends(`{"event":"pusher:ping"}`)
	c.receives(`{"event":"pusher:pong","data":"{}"}`)
}

const (
	added   = "pusher_internal:member_added"
	removed = "pusher_internal:member_removed"
)

func TestAPresenceChannelShowsUsersAndNotConnections(t *testing.T) {
	t.Parallel()
	s := startApp(t, "")
	a, b, tab, c := connects(t, s), connects(t, s), connects(t, s), connects(t, s)
	list := a.enters("presence-x", `{"user_id":"1","user_info":{"name":"A"}}`)
	assert.Equal(t, 1, list.Presence.Count)
	assert.Equal(t, []string{"1"}, list.Presence.IDs)
	assert.JSONEq(t, `{"name":"A"}`, string(list.Presence.Hash["1"]))
	a.isQuiet() // its own join is not announced to it

	list = b.enters("presence-x", `{"user_id":2}`)
	assert.Equal(t, 2, list.Presence.Count)
	assert.ElementsMatch(t, []string{"1", "2"}, list.Presence.IDs)
	assert.Equal(t, "null", string(list.Presence.Hash["2"]))
	a.hears(added, "presence-x", `{"user_id":"2"}`)
	b.isQuiet()

	list = tab.enters("presence-x", `{"user_id":"1","user_info":{"name":"A"}}`)
	assert.Equal(t, 2, list.Presence.Count)
	tab.leaves()
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "2" }, wait, tick)
	a.isQuiet()
	b.isQuiet()

	c.enters("presence-x", `{"user_id":"3","user_info":"x"}`)
	a.hears(added, "presence-x", `{"user_id":"3","user_info":"x"}`)
	b.hears(added, "presence-x", `{"user_id":"3","user_info":"x"}`)
	c.sendsEvent("pusher:unsubscribe", "", map[string]any{"channel": "presence-x"})
	for _, client := range []*pusherClient{a, b} {
		client.hears(removed, "presence-x", `{"user_id":"3"}`)
	}
	b.sendsEvent("client-a", "presence-x", 1)
	_, frame, err := a.conn.Read(a.ctx)
	require.NoError(t, err)
	assert.Regexp(t, `^\{"event":"client-a","channel":"presence-x","data":"1","user_id":"2","seq":\d+\}$`, string(frame))
	b.isQuiet()
	a.leaves()
	b.hears(removed, "presence-x", `{"user_id":"1"}`)
}

func TestAPresenceChannelNeedsAUser(t *testing.T) {
	t.Parallel()
	s := startApp(t, "")
	a := connects(t, s)
	denied := func(message string) {
		t.Helper()
		a.receives(`{"event":"pusher:subscription_error","channel":"presence-x","data":"{\"type\":\"AuthError\",\"error\":\"` + message + `\",\"status\":401}"}`)
	}
	a.asksFor("presence-x", nil)
	denied("A presence channel needs channel_data, or a signin before")
	a.asksFor("presence-x", map[string]any{"channel_data": `{"user_id":""}`})
	denied("The channel_data must be an object with a user_id of 1 to 128 bytes and a user_info of at most 2048 bytes")
	a.signsIn(`{"id":"7","user_info":{"name":"S"}}`)
	_, _, err := a.conn.Read(a.ctx)
	require.NoError(t, err)
	a.asksFor("presence-x", nil) // the user of the signin
	assert.JSONEq(t, `{"name":"S"}`, string(a.isIn("presence-x").Presence.Hash["7"]))
}

func TestAboveThePresenceListANewcomerGetsTheCountAndItself(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startApp(t, "", "--presence-list=3")
	var all []*pusherClient
	for i := range 6 {
		c := connects(t, s)
		list := c.enters("presence-x", fmt.Sprintf(`{"user_id":"%d"}`, i))
		assert.Equal(t, i+1, list.Presence.Count)
		assert.Contains(t, list.Presence.IDs, fmt.Sprint(i))
		assert.LessOrEqual(t, len(list.Presence.IDs), 4)
		all = append(all, c)
		if i == 1 || i == 2 {
			all[0].hears(added, "presence-x", fmt.Sprintf(`{"user_id":"%d"}`, i))
		}
	}
	for _, c := range all[3:] {
		c.leaves()
	}
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "3" }, wait, tick)
	all[0].isQuiet()
}

func TestTheTabsOfAUserCountAgainstThePresenceList(t *testing.T) {
	t.Parallel()
	s := startApp(t, "", "--presence-list=2")
	tabs := []*pusherClient{connects(t, s), connects(t, s), connects(t, s)}
	for _, tab := range tabs {
		assert.Equal(t, 1, tab.enters("presence-x", `{"user_id":"1"}`).Presence.Count)
	}
	list := connects(t, s).enters("presence-x", `{"user_id":"2"}`)
	assert.Equal(t, 2, list.Presence.Count, "the list is complete")
	list = connects(t, s).enters("presence-x", `{"user_id":"3"}`)
	assert.Equal(t, 3, list.Presence.Count, "the tabs of a user count once")
	assert.Equal(t, `200 {"occupied":true,"user_count":3,"subscription_count":5}`, backend(t, s, "GET /channels/presence-x?info=user_count,subscription_count", ""))
	for _, tab := range tabs {
		tab.isQuiet()
	}
}

func TestSubscribersAreToldHowManyTheyAreIfTheAppWantsThat(t *testing.T) {
	t.Parallel()
	s := startApp(t, `,"subscription-counts":true`)
	a, b := connects(t, s), connects(t, s)
	a.subscribes("news")
	count := func(c *pusherClient, n int) {
		t.Helper()
		for {
			_, frame, err := c.conn.Read(c.ctx)
			require.NoError(t, err)
			require.Contains(t, string(frame), `"event":"pusher_internal:subscription_count","channel":"news"`)
			if strings.Contains(string(frame), fmt.Sprintf(`\"subscription_count\":%d}`, n)) {
				return
			}
		}
	}
	count(a, 1)
	b.asksFor("news", nil)
	_, _, err := b.conn.Read(b.ctx)
	require.NoError(t, err)
	count(a, 2)
	count(b, 2)
	b.leaves()
	count(a, 1)
	a.enters("presence-x", `{"user_id":"1"}`) // counts are not sent here
	a.isQuiet()
}
