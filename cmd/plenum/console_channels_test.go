package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
)

// The second app of the tests of operators.
const (
	otherKey    = "a3f1c09e5b7d42688e11"
	otherSecret = "f0c4b1d97a6e53281b0d"
)

// startTwoApps starts a server with the apps 7 and 8. more are further settings of app 7, as JSON.
func startTwoApps(t *testing.T, more string, flags ...string) *testServer {
	t.Helper()
	return start(t, append(flags, fmt.Sprintf(
		`--apps=[{"id":"7","key":"%s","secret":"%s","client-events":true%s},{"id":"8","key":"%s","secret":"%s"}]`, appKey, appSecret, more, otherKey, otherSecret,
	))...)
}

// chooses chooses an option of a select.
func chooses(page *browsertest.Tab, id, value string) {
	page.Run(fmt.Sprintf(`const select = document.getElementById(%q); select.value = %q; select.dispatchEvent(new Event("input"))`, id, value))
}

// clicks clicks the room or channel with the name.
func clicks(page *browsertest.Tab, name string) {
	page.Run(fmt.Sprintf(`[...document.querySelectorAll("#rooms a")].find((a) => a.textContent === %q).click()`, name))
}

// infos defines a JavaScript function for the infos of the users on the page.
const infos = `const infos = () => texts("#members small").join();`

// holdMembers delays the answers to requests for members until release is called. held is the number of delayed answers.
const holdMembers = `
	const ask = window.fetch;
	const released = new Promise((resolve) => { window.release = resolve; });
	window.held = 0;
	window.fetch = async (path, options) => {
		const answer = await ask(path, options);
		if (!path.includes("/members?")) return answer;
		window.held++;
		await released;
		return answer;
	};
`

func TestThePageOfChannelsSearchesWatchesPublishesAndKicks(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	r := newHookReceiver(t)
	s := startTwoApps(t, fmt.Sprintf(`,"limits":{"payload":"125B"},"webhooks":[{"url":"%s","secret":"%s"}]`, r.URL, hookSecret), "--jwt-secret="+testSecret)
	page := openRooms(t, s, "/channels")
	page.Words += infos
	page.Until(`state() === "live" && visible("no-rooms") && text("no-rooms") === "No channel has subscribers or events." && visible("choose")`)

	alex, tab, bea, cid := connects(t, s), connects(t, s), connects(t, s), connects(t, s)
	alex.enters("presence-team", `{"user_id":"1","user_info":{"name":"Alex <b>"}}`)
	bea.enters("presence-team", `{"user_id":"2"}`)
	alex.hears(added, "presence-team", `{"user_id":"2"}`)
	tab.enters("presence-team", `{"user_id":"1","user_info":{"name":"Alex <b>"}}`)
	cid.subscribes("news")
	dial(t, s, "/app/"+otherKey+"?protocol=7").sends(`{"event":"pusher:subscribe","data":{"channel":"news"}}`)
	page.Until(`rows() === "newsapp 710,presence-teamapp 732,newsapp 810"`)
	chooses(page, "app", "8")
	page.Until(`rows() === "newsapp 810"`)
	chooses(page, "app", "")
	enterText(page, "search", "presence")
	page.Until(`rows() === "presence-teamapp 732"`)
	clicks(page, "presence-team")
	page.Until(`text("room-title") === "presence-team, app 7" && text("about").startsWith("3 subscribers, 2 events in epoch ")`)
	page.Until(`members() === "1,2" && infos() === '{"name":"Alex <b>"},'`)
	page.Until(`texts("#messages li").at(-1).endsWith('pusher_internal:member_added {"user_id":"2"} 2')`)

	bea.sendsEvent("client-hi", "presence-team", "there")
	alex.hears("client-hi", "presence-team", "there")
	tab.hears("client-hi", "presence-team", "there")
	page.Until(`messages().at(-1) === "client-hi [2] there 3"`)
	publishes(page, "order", `{"n":1}`)
	page.Until(`text("result") === "Published as event 4." && messages().at(-1) === 'order {"n":1} 4' && text("content") === ""`)
	for _, c := range []*pusherClient{alex, tab, bea} {
		require.Equal(t, 4, c.hears("order", "presence-team", `{"n":1}`))
		c.isQuiet() // the page is no subscriber, so no join is announced
	}
	require.Equal(t, "5", s.metric(t, "plenum_members"))
	if dir := browsertest.Pictures(); dir != "" {
		page.Screen(1280, 800, "light")
		page.Save(dir, "channels-desktop-light.png")
	}

	publishes(page, "pusher:error", "no")
	page.Until(`text("result").startsWith("name must not begin with pusher:,") && document.getElementById("result").classList.contains("failed")`)
	publishes(page, "order", strings.Repeat("x", 126))
	page.Until(`text("result") === "data must not be longer than 125 bytes (limits.payload of the app)"`)

	page.Run(`[...document.querySelectorAll("#members button")].find((b) => b.ariaLabel === "Kick 1").click()`)
	alex.isClosed(4009, "Kicked")
	tab.isClosed(4009, "Kicked")
	page.Until(`text("kicked") === "1 was kicked: 2 connections were closed." && members() === "2" && text("about").startsWith("1 subscriber, ")`)
	bea.hears(removed, "presence-team", `{"user_id":"1"}`)
	page.Screen(390, 844, "dark")
	page.Until(`fits()`)
	if dir := browsertest.Pictures(); dir != "" {
		page.Save(dir, "channels-phone-dark.png")
	}

	enterText(page, "search", "")
	page.Until(`rows().startsWith("newsapp 710")`)
	page.Run(holdMembers)
	page.Until(`window.held > 0`)
	clicks(page, "news")
	page.Run(`window.release()`) // the late answer is not shown in the other channel
	page.Until(`text("about").startsWith("1 subscriber, 0 events") && text("no-members") === "Only a presence channel shows its users." && members() === ""`)
	page.Visit(s.admin + "/channels#7%2Fa%20b")
	page.Until(`state() === "silent" && text("state").startsWith("a channel's name must have 1 to 200 letters")`)
	want := []string{
		`{"name":"channel_occupied","channel":"presence-team"}`, `{"name":"member_added","channel":"presence-team","user_id":"1"}`,
		`{"name":"member_added","channel":"presence-team","user_id":"2"}`, `{"name":"channel_occupied","channel":"news"}`,
		fmt.Sprintf(`{"name":"client_event","channel":"presence-team","event":"client-hi","data":"there","socket_id":%q,"user_id":"2"}`, bea.socket),
		`{"name":"member_removed","channel":"presence-team","user_id":"1"}`,
	}
	require.Eventually(t, func() bool { return len(r.taken()) >= len(want) }, wait, tick)
	require.ElementsMatch(t, want, r.taken(), "the page caused none")
}

func TestThePageOfChannelsSaysThatThereIsNoApp(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	page := openRooms(t, start(t), "/channels")
	page.Until(`state() === "live" && text("no-rooms") === "The server has no app that may use the Pusher Channels protocol."`)
}

func TestThePageOfChannelsShowsTheUsersOfAllNodes(t *testing.T) {
	t.Parallel()
	one, two := startAppNodes(t, "")
	a, b := connects(t, one), connects(t, two)
	a.enters("presence-x", `{"user_id":"1","user_info":{"name":"A"}}`)
	b.enters("presence-x", `{"user_id":"2","user_info":{"name":"B"}}`)
	page := openRooms(t, one, "/channels#7%2Fpresence-x")
	page.Words += infos
	page.Until(`rows().startsWith("presence-xapp 72") && members() === "1,2" && infos() === '{"name":"A"},{"name":"B"}'`)
	page.Run(`[...document.querySelectorAll("#members button")].find((b) => b.ariaLabel === "Kick 2").click()`)
	var err error
	for err == nil { // skips announcements of joins
		_, _, err = b.conn.Read(b.ctx)
	}
	require.EqualValues(t, 4009, websocket.CloseStatus(err))
	page.Until(`members() === "1"`)
}
