package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
)

// roomsWords defines JavaScript functions for conditions on the page of rooms.
const roomsWords = `
	const state = () => document.body.dataset.state;
	const rows = () => texts("#rooms tr").join();
	const members = () => texts("#members .name").join();
	const messages = () => texts("#messages li").map((text) => text.replace(/^\d\d:\d\d:\d\d /, ""));
	const text = (id) => document.getElementById(id).textContent;
	const fits = () => document.documentElement.scrollWidth <= innerWidth;
`

// openRooms opens a page of rooms or channels of a server in a new browser. The test fails if the page causes an error.
func openRooms(t *testing.T, s *testServer, path string) *browsertest.Tab {
	t.Helper()
	browser := browsertest.Start(t, time.Minute)
	tab := browser.Open(t, s.admin+path)
	tab.Words = roomsWords
	t.Cleanup(func() { browser.RequireQuiet(t) })
	return tab
}

// enterText replaces the text of an input.
func enterText(page *browsertest.Tab, id, text string) {
	page.Run(fmt.Sprintf(`const input = document.getElementById(%q); input.value = %q; input.dispatchEvent(new Event("input"))`, id, text))
}

func publishes(page *browsertest.Tab, head, content string) {
	enterText(page, "head", head)
	enterText(page, "content", content)
	page.Run(`document.getElementById("publish").requestSubmit()`)
}

func TestThePageOfRoomsSearchesWatchesPublishesAndKicks(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	s := start(t, "--announce-limit=-1", "--jwt-secret="+testSecret) // sign-in does not concern the admin listener
	enter := func(room, name string) *client { return dial(t, s, "/ws/chat/"+room+"?token="+tokenOf(t, name)) }
	page := openRooms(t, s, "/rooms")
	page.Until(`state() === "live" && visible("no-rooms") && visible("choose")`)
	alex, bea := enter("team%2Fone%20%3F", "Alex"), enter("team%2Fone%20%3F", "Bea")
	enter("zoo", "Cid")
	page.Until(`rows() === "team/one ?20,zoo10"`)
	enterText(page, "search", "team")
	page.Until(`rows() === "team/one ?20"`)
	page.Run(`document.querySelector("#rooms a").click()`)
	page.Until(`text("room-title") === "team/one ?" && members() === "Alex,Bea" && visible("no-messages")`)

	alex.sends("first")
	page.Until(`messages().join() === "Alex first 1" && text("about").startsWith("2 members, 1 message in epoch ")`)
	publishes(page, "operator", "from <b>operations</b>")
	page.Until(`text("result") === "Published as message 2." && messages().at(-1) === "operator from <b>operations</b> 2" && text("content") === ""`)
	bea.receives(`{"sender":"Alex","text":"first","room":"team/one ?","timestamp":T,"seq":1}`)
	bea.receives(`{"sender":"operator","text":"from <b>operations</b>","room":"team/one ?","timestamp":T,"seq":2}`)

	page.Run(`[...document.querySelectorAll("#members button")].find((b) => b.ariaLabel === "Kick Bea").click()`)
	bea.isClosed(1008, "Kicked")
	page.Until(`text("kicked") === "Bea was kicked: 1 connection was closed." && members() === "Alex" && rows() === "team/one ?12"`)

	publishes(page, "System", "no")
	page.Until(`text("result").startsWith("sender must be a valid username") && document.getElementById("result").classList.contains("failed")`)
	page.Screen(360, 740, "dark")
	page.Until(`fits()`)
}

func TestThePageOfRoomsListsRoomsBeyondOnePage(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	s := start(t)
	for i := range 130 {
		status, body, _ := call(t, http.MethodPost, fmt.Sprintf("%s/api/rooms/r%03d/messages", s.url, i), `{"sender":"Alex","text":"hi"}`)
		require.Equal(t, http.StatusAccepted, status, body)
	}
	page := openRooms(t, s, "/rooms#r007")
	page.Until(`document.querySelectorAll("#rooms tr").length === 100 && visible("more") && messages().join() === "Alex hi 1" && visible("no-members")`)
	page.Click("more")
	page.Until(`document.querySelectorAll("#rooms tr").length === 130 && !visible("more")`)
	enterText(page, "search", "r12")
	page.Until(`document.querySelectorAll("#rooms tr").length === 10 && rows().startsWith("r120")`)
	enterText(page, "search", "r129")
	page.Until(`rows() === "r12901"`)
}

func TestTheAPIOfTheAdminListenerAnswersOnlyThisMachineAndItsOwnPages(t *testing.T) {
	plainOnly(t, "the admin listener has no TLS")
	t.Parallel()
	s := start(t, "--origins=https://chat.example.org")
	for name, c := range map[string]struct {
		header, value string
		status        int
	}{
		"a program":                   {"", "", http.StatusAccepted},
		"its own page":                {"Origin", s.admin, http.StatusAccepted},
		"a page of --origins":         {"Origin", "https://chat.example.org", http.StatusForbidden},
		"a page of the public server": {"Origin", s.url, http.StatusForbidden},
		"a proxy":                     {"X-Forwarded-For", "192.0.2.1", http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequest(http.MethodPost, s.admin+"/api/rooms/a/messages", strings.NewReader(`{"sender":"Alex","text":"hi"}`))
			require.NoError(t, err)
			if c.header != "" {
				r.Header.Set(c.header, c.value)
			}
			response, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.Equal(t, c.status, response.StatusCode)
		})
	}
}
