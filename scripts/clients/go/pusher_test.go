package clients_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pusher/pusher-http-go/v5"
)

// form returns the form that a client posts to the application's own endpoint.
func form(c *conn, channel string) []byte {
	return []byte(url.Values{"socket_id": {c.socket}, "channel_name": {channel}}.Encode())
}

func TestThePusherLibraryForGo(t *testing.T) {
	all := nodes()
	last := all[len(all)-1]
	back := pusher.Client{AppID: id, Key: key, Secret: secret, Host: last}
	one, two := connect(t, all[0]), connect(t, last)
	for _, c := range []*conn{one, two} {
		c.subscribes("news", nil)
		answer, err := back.AuthorizePrivateChannel(form(c, "private-shop"))
		check(t, err)
		c.subscribes("private-shop", answer)
	}
	answer, err := back.AuthorizePresenceChannel(form(one, "presence-team"), pusher.MemberData{UserID: "1", UserInfo: map[string]string{"name": "Alex"}})
	check(t, err)
	expect(t, `{"presence":{"count":1,"ids":["1"],"hash":{"1":{"name":"Alex"}}}}`, one.subscribes("presence-team", answer))
	awaitCounts(t, back)

	t.Run("events", func(t *testing.T) {
		check(t, back.Trigger("news", "order", map[string]int{"n": 1}))
		expect(t, `{"n":1}`, one.receives("order", "news"))
		expect(t, `{"n":1}`, two.receives("order", "news"))
		check(t, back.Trigger("private-shop", "order", "text"))
		expect(t, "text", one.receives("order", "private-shop"))
		expect(t, "text", two.receives("order", "private-shop"))
		check(t, back.TriggerMulti([]string{"news", "others"}, "order", "both"))
		expect(t, "both", one.receives("order", "news"))
		expect(t, "both", two.receives("order", "news"))
	})
	t.Run("all but one", func(t *testing.T) {
		check(t, back.TriggerExclusive("news", "order", "without one", one.socket))
		check(t, back.Trigger("news", "order", "with both"))
		expect(t, "without one", two.receives("order", "news"))
		expect(t, "with both", two.receives("order", "news"))
		expect(t, "with both", one.receives("order", "news"))
	})
	t.Run("batch with attributes", func(t *testing.T) {
		count := "subscription_count"
		got, err := back.TriggerBatch([]pusher.Event{{Channel: "news", Name: "a", Data: "1"}, {Channel: "news", Name: "b", Data: "2", Info: &count}})
		check(t, err)
		expect(t, 2, *got.Batch[1].SubscriptionCount)
		for _, c := range []*conn{one, two} {
			expect(t, "1", c.receives("a", "news"))
			expect(t, "2", c.receives("b", "news"))
		}
	})
	t.Run("channels", func(t *testing.T) { channels(t, back) })
	t.Run("user", func(t *testing.T) {
		answer, err := back.AuthenticateUser(form(one, ""), map[string]any{"id": "alex"})
		check(t, err)
		data := map[string]string{}
		check(t, json.Unmarshal(answer, &data))
		one.sends("pusher:signin", data)
		one.receives("pusher:signin_success", "")
		one.subscribes("#server-to-user-alex", nil)
		check(t, back.SendToUser("alex", "order", "yours"))
		expect(t, "yours", one.receives("order", "#server-to-user-alex"))
	})
	t.Run("errors", func(t *testing.T) {
		wrong := back
		wrong.Secret = "another secret"
		fails(t, wrong.Trigger("news", "order", "x"), "auth_signature")
		large := back
		large.OverrideMaxMessagePayloadKB = 1000
		fails(t, large.Trigger("news", "order", strings.Repeat("x", 70_000)), "limits.payload")
	})
}

// awaitCounts waits until the back end's node counts all subscriptions of the test's connections. It learns the counts of
// other nodes up to a second later.
func awaitCounts(t *testing.T, back pusher.Client) {
	t.Helper()
	info := "subscription_count"
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		all, err := back.Channels(pusher.ChannelsParams{})
		check(t, err)
		news, err := back.Channel("news", pusher.ChannelParams{Info: &info})
		check(t, err)
		if len(all.Channels) == 3 && news.SubscriptionCount == 2 {
			return
		}
	}
	t.Fatal("the counts are not complete")
}

// channels asks for the channels that the test's connections have subscribed to.
func channels(t *testing.T, back pusher.Client) {
	all, err := back.Channels(pusher.ChannelsParams{})
	check(t, err)
	expect(t, 3, len(all.Channels))
	prefix, info := "presence-", "user_count"
	some, err := back.Channels(pusher.ChannelsParams{FilterByPrefix: &prefix, Info: &info})
	check(t, err)
	expect(t, 1, len(some.Channels))
	expect(t, 1, some.Channels["presence-team"].UserCount)
	both := "user_count,subscription_count"
	team, err := back.Channel("presence-team", pusher.ChannelParams{Info: &both})
	check(t, err)
	expect(t, true, team.Occupied)
	expect(t, 1, team.UserCount)
	expect(t, 1, team.SubscriptionCount)
	users, err := back.GetChannelUsers("presence-team")
	check(t, err)
	expect(t, "1", users.List[0].ID)
}

// fails checks that err names the reason.
func fails(t *testing.T, err error, reason string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), reason) {
		t.Fatalf("expected an error with %s, got %v", reason, err)
	}
}
