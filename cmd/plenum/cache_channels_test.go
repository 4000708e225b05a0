package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestACacheChannelGivesItsLatestEventToANewcomer(t *testing.T) {
	t.Parallel()
	s := startApp(t, "", "--history-messages=1") // the client event is the last one
	const channel = "private-cache-a"
	succeeded := func(c *pusherClient, seq int) {
		t.Helper()
		c.receives(fmt.Sprintf(`{"event":"pusher_internal:subscription_succeeded","channel":"%s","data":"{}","epoch":"E","seq":%d,"recovered":false}`, channel, seq))
	}
	const miss = `{"event":"pusher:cache_miss","channel":"private-cache-a"}`
	a, b := connects(t, s), connects(t, s)
	a.asksFor(channel, nil)
	succeeded(a, 0)
	a.receives(miss)
	for i := range 2 {
		require.Equal(t, "200 {}", backend(t, s, "POST /events", fmt.Sprintf(`{"name":"price","channel":"%s","data":"%d"}`, channel, i+1)))
		a.receives(fmt.Sprintf(`{"event":"price","channel":"%s","data":"%d","seq":%d}`, channel, i+1, i+1))
	}
	b.asksFor(channel, nil)
	succeeded(b, 2)
	b.receives(`{"event":"price","channel":"private-cache-a","data":"2","seq":2}`)
	b.sendsEvent("client-a", channel, 1) // is not kept
	a.receives(`{"event":"client-a","channel":"private-cache-a","data":"1","seq":3}`)
	a.leaves()
	b.leaves()
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "0" }, wait, tick)

	c := connects(t, s) // the channel was empty meanwhile
	c.asksFor(channel, nil)
	succeeded(c, 3)
	c.receives(`{"event":"price","channel":"private-cache-a","data":"2","seq":2}`)
	assert.Regexp(t, `^200 \{"occupied":true,"cache":\{"data":"2","ttl":1[78]\d\d\}\}$`, backend(t, s, "GET /channels/"+channel+"?info=cache", ""))

	const named = `{"event":"client-a","channel":"private-cache-a","data":"3","seq":4}`
	require.Equal(t, "200 {}", backend(t, s, "POST /events", `{"name":"client-a","channel":"private-cache-a","data":"3"}`))
	c.receives(named)
	d := connects(t, s)
	d.asksFor(channel, nil)
	succeeded(d, 4)
	d.receives(named) // its name alone does not make it a client event
	c.isQuiet()
}

func TestAResumingSubscriberOfACacheChannelReceivesEachEventOnce(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startApp(t, "")
	a := connects(t, s)
	a.asksFor("cache-a", nil)
	_, frame, err := a.conn.Read(a.ctx)
	require.NoError(t, err)
	epoch := epochs.FindStringSubmatch(string(frame))[1]
	a.receives(`{"event":"pusher:cache_miss","channel":"cache-a"}`)
	for i := range 2 {
		require.Equal(t, "200 {}", backend(t, s, "POST /events", fmt.Sprintf(`{"name":"x","channel":"cache-a","data":"%d"}`, i+1)))
	}
	for since, want := range map[int][]int{2: nil, 1: {2}, 0: {1, 2}} {
		c := connects(t, s)
		c.asksFor("cache-a", map[string]any{"since": fmt.Sprint(epoch, ":", since)})
		c.receives(fmt.Sprintf(`{"event":"pusher_internal:subscription_succeeded","channel":"cache-a","data":"{}","epoch":"E","seq":%d,"recovered":true}`, since))
		for _, i := range want {
			c.receives(fmt.Sprintf(`{"event":"x","channel":"cache-a","data":"%d","seq":%d}`, i, i))
		}
		c.isQuiet()
	}
}
