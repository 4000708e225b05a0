//go:build clients

// scripts/clients.sh runs these tests. They need the browser build of pusher-js, which the script installs.

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
	"plenum/codec/pusher"
)

// pusherJS is the environment variable with the path of the browser build of pusher-js.
const pusherJS = "PUSHER_JS"

// site is an application: pages with pusher-js, and the endpoint that authorizes their subscriptions.
type site struct {
	*testServer
	page    string // URL of the page, without the user
	network *relay // between the pages and the server
	browser *browsertest.Browser
}

// openSite starts a server, the application and a browser.
func openSite(t *testing.T, flags ...string) *site {
	t.Helper()
	require.FileExists(t, os.Getenv(pusherJS), "make clients sets "+pusherJS)
	s := &site{testServer: startApp(t, "", flags...), browser: browsertest.Start(t, 2*time.Minute)}
	s.network = relayTo(t, s.url)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /shop/{user}", s.servePage)
	mux.HandleFunc("POST /auth/{user}", authorizeUser)
	mux.HandleFunc("GET /pusher.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, os.Getenv(pusherJS)) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.page = server.URL + "/shop/"
	t.Cleanup(func() { s.browser.RequireQuiet(t) })
	return s
}

// authorizeUser authorizes each subscription of the user of the page, as an application with the secret does.
func authorizeUser(w http.ResponseWriter, r *http.Request) {
	user, socket, channel := r.PathValue("user"), r.FormValue("socket_id"), r.FormValue("channel_name")
	answer := map[string]string{}
	if c, err := pusher.ParseChannel(channel); err == nil && c.Kind == pusher.Presence {
		answer["channel_data"] = fmt.Sprintf(`{"user_id":%q,"user_info":{"name":"User %s"}}`, user, user)
	}
	answer["auth"] = appKey + ":" + pusher.Sign(appSecret, pusher.SubscribeText(socket, channel, answer["channel_data"]))
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// sitePage records the events of its channels in log. The module waits for the script before it.
const sitePage = `<!doctype html>
<link rel="icon" href="data:,">
<script src="/pusher.js"></script>
<script type="module">
	import { resume } from "http://%[1]s/plenum-pusher.js";
	const options = {
		wsHost: "%[2]s", wsPort: %[3]s, forceTLS: false, enabledTransports: ["ws"], cluster: "",
		channelAuthorization: { endpoint: "/auth/%[4]s" },
	};
	window.client = %[5]s(new Pusher("%[6]s", options));
	window.orders = client.subscribe("private-orders");
	window.people = client.subscribe("presence-people");
	window.log = [];
	const record = (event, { id, n, from, to, user_id }) => log.push([event, id, n, from && from + "-" + to, user_id].filter(Boolean).join(" "));
	for (const channel of [orders, people]) {
		channel.bind_global((event, data) => { if (!/^pusher:subscription|^client-/.test(event)) record(event, data); });
		channel.bind("client-typing", (data, { user_id }) => record("client-typing", { ...data, user_id }));
	}
</script>
`

// siteWords defines JavaScript functions for conditions. here is the list of members with their info.
const siteWords = `
	const ready = () => window.people?.subscribed && orders.subscribed;
	const events = () => log.join();
	const here = () => {
		const all = [];
		people.members.each(({ id, info }) => all.push(id + " " + info.name));
		return all.sort().join() + " of " + people.members.count;
	};
	const me = () => people.members.me.id + " " + people.members.me.info.name;
`

// servePage serves the page of a user. With ?resume it has the add-on for resuming.
func (s *site) servePage(w http.ResponseWriter, r *http.Request) {
	host, port, _ := net.SplitHostPort(address(s.network.url))
	resume := ""
	if r.URL.Query().Has("resume") {
		resume = "resume"
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, sitePage, address(s.url), host, port, url.PathEscape(r.PathValue("user")), resume, appKey)
}

// visit opens a tab of a user, and waits until it has subscribed to its channels.
func (s *site) visit(t *testing.T, user string) *browsertest.Tab {
	t.Helper()
	tab := s.browser.Open(t, s.page+user)
	tab.Words = siteWords
	tab.Until(`ready()`)
	return tab
}

// orders publishes an order.
func (s *site) orders(t *testing.T, n int) {
	t.Helper()
	require.Equal(t, "200 {}", backend(t, s.testServer, "POST /events", fmt.Sprintf(`{"name":"order","channel":"private-orders","data":"{\"n\":%d}"}`, n)))
}

// hasSubscribers waits until the server has this number of connections in the channel of orders.
func (s *site) hasSubscribers(t *testing.T, n int) {
	t.Helper()
	want := fmt.Sprintf(`200 {"occupied":true,"subscription_count":%d}`, n)
	require.Eventually(t, func() bool {
		return backend(t, s.testServer, "GET /channels/private-orders?info=subscription_count", "") == want
	}, wait, tick)
}

func TestPusherJSInTwoTabsOfAUser(t *testing.T) {
	s := openSite(t)
	ann := s.visit(t, "ann")
	ann.Until(`here() === "ann User ann of 1" && me() === "ann User ann" && events() === ""`)

	one := s.visit(t, "bob")
	one.Until(`here() === "ann User ann,bob User bob of 2" && me() === "bob User bob"`)
	ann.Until(`here() === "ann User ann,bob User bob of 2" && events() === "pusher:member_added bob"`)
	two := s.visit(t, "bob") // is not announced
	for _, tab := range []*browsertest.Tab{ann, one, two} {
		tab.Until(`here() === "ann User ann,bob User bob of 2"`)
	}
	s.hasSubscribers(t, 3)
	s.orders(t, 1)
	ann.Until(`events() === "pusher:member_added bob,order 1"`)
	one.Until(`events() === "order 1"`)
	two.Until(`events() === "order 1"`)
	one.Run(`orders.trigger("client-typing", { n: 2 })`) // to all but this tab
	ann.Until(`events() === "pusher:member_added bob,order 1,client-typing 2"`)
	two.Until(`events() === "order 1,client-typing 2"`)
	two.Run(`people.trigger("client-typing", { n: 3 })`)
	ann.Until(`events() === "pusher:member_added bob,order 1,client-typing 2,client-typing 3 bob"`)
	one.Until(`events() === "order 1,client-typing 3 bob"`)

	one.Do(chromedp.Reload()) // bob stays, because of the other tab
	one.Until(`ready()`)
	s.hasSubscribers(t, 3)
	one.Until(`here() === "ann User ann,bob User bob of 2" && me() === "bob User bob" && events() === ""`)
	s.orders(t, 4)
	ann.Until(`events().endsWith("client-typing 3 bob,order 4")`)
	one.Until(`events() === "order 4"`)
	two.Until(`events() === "order 1,client-typing 2,order 4"`)

	two.Close() // bob stays, because of the reloaded tab
	s.hasSubscribers(t, 2)
	s.orders(t, 5)
	ann.Until(`here() === "ann User ann,bob User bob of 2" && events().endsWith("order 4,order 5")`)
	one.Until(`here() === "ann User ann,bob User bob of 2" && events() === "order 4,order 5"`)

	one.Close() // bob's last tab
	ann.Until(`here() === "ann User ann of 1" && events().endsWith("order 5,pusher:member_removed bob")`)
	one = s.visit(t, "bob")
	one.Until(`here() === "ann User ann,bob User bob of 2"`)
	s.orders(t, 6)
	one.Until(`events() === "order 6"`)
	ann.Until(`here() === "ann User ann,bob User bob of 2" && events() ===
		"pusher:member_added bob,order 1,client-typing 2,client-typing 3 bob,order 4,order 5,pusher:member_removed bob,pusher:member_added bob,order 6"`)
}

func TestPusherJSResumesInABrowser(t *testing.T) {
	s := openSite(t, "--history-messages=3")
	ann := s.visit(t, "ann?resume")
	s.orders(t, 1)
	ann.Until(`events() === "order 1"`)

	s.network.cut()
	s.orders(t, 2)
	s.orders(t, 3)
	ann.Until(`ready() && events() === "order 1,order 2,order 3"`)

	ann.Run(`client.disconnect()`)
	for n := range 5 {
		s.orders(t, n+4)
	}
	ann.Run(`client.connect()`)
	ann.Until(`ready() && events() === "order 1,order 2,order 3,plenum:gap 4-5,order 6,order 7,order 8" && here() === "ann User ann of 1"`)
}
