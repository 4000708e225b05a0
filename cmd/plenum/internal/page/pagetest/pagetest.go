// Package pagetest drives the chat page in headless Chromium against a running
// server. It is for tests only.
package pagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
)

// Hooks is what a scenario asks of the server under test.
type Hooks struct {
	// Restart closes every connection with 1012 and comes back on the same
	// port before it returns. Nil: that part is skipped.
	Restart func(t *testing.T)
}

const (
	hostile = `<img src=x onerror="document.title='pwned'"><b>bold</b>`
	room    = "general"
	kept    = 500 // messages in the log
)

// Run plays a conversation of two users in two browser tabs against the server
// at baseURL, whose room "general" must be empty. It skips t where no Chromium
// is found. With PLENUM_SCREENSHOTS=dir it saves pictures of the page there.
func Run(t *testing.T, baseURL string, hooks Hooks) {
	t.Helper()
	browser := browsertest.Start(t, time.Minute)
	alex := open(t, browser, baseURL+"/")
	alex.joinByForm(room, "Alex")
	alex.sees("Alex joined the room")

	bea := open(t, browser, baseURL+"/?room="+room+"&name=B%C3%A9a")
	bea.Until(connected)
	comeAndGreet(alex, bea)
	showsTextNotMarkup(alex, bea)
	readsWhatElseTheServerSays(bea)

	bea.Click("leave")
	bea.Until(inLobby)
	alex.sees("Béa left the room")
	alex.Until(`!people().includes("Béa")`)

	if hooks.Restart != nil {
		survivesRestart(t, alex, hooks)
	}
	keepsItsPlaceInAFlood(t, alex, baseURL)
	isRefused(open(t, browser, baseURL+"/"))
	if dir := browsertest.Pictures(); dir != "" {
		takeScreenshots(t, browser, baseURL, dir)
	}
	browser.RequireQuiet(t)
}

func comeAndGreet(alex, bea *tab) {
	alex.sees("Béa joined the room")
	bea.sees("Béa joined the room")
	alex.Until(`people().includes("Béa")`)

	alex.say("Hello Béa")
	bea.Until(`last(".message .text") === "Hello Béa" && last(".message .sender") === "Alex"`)
	bea.Until(`people().includes("Alex")`)
	bea.say("Salut Alex")
	alex.Until(`last(".message .text") === "Salut Alex" && last(".message .sender") === "Béa"`)
	alex.Until(`last(".mine .text") === "Hello Béa"`)
}

func showsTextNotMarkup(alex, bea *tab) {
	title := bea.Title()
	alex.say(hostile)
	for _, reader := range []*tab{alex, bea} {
		reader.Until(`last(".message .text") === ` + browsertest.Quote(hostile))
		reader.Until(`document.querySelectorAll("#log b, #log img").length === 0`)
		require.Equal(reader.T, title, reader.Title())
	}
}

// readsWhatElseTheServerSays hands frames to the page that a small room's
// server has no reason to send.
func readsWhatElseTheServerSays(bea *tab) {
	for _, data := range []string{`{"sender":`, `null`, `7`, `{"sender":1,"text":{}}`, ``} {
		bea.receive(data)
	}
	bea.receive(`{"sender":"System","text":"12 joined, 3 left, 4512 here","room":"general"}`)
	bea.sees("12 joined, 3 left, 4512 here")
	bea.Until(`last("#count").replace(/\D/g, "") === "4512"`)
	bea.Until(`!visible("newer")`)
	bea.receive(`{"type":"gap","room":"general","from":43,"to":97,"epoch":"e"}`)
	bea.Until(`log().filter((line) => line === "Some messages are missing.").length === 1`)
}

// keepsItsPlaceInAFlood sends more messages than the page keeps.
func keepsItsPlaceInAFlood(t *testing.T, alex *tab, baseURL string) {
	t.Helper()
	flood := dial(t, baseURL, room, "Flood")
	say := func(text string) {
		require.NoError(t, flood.Write(t.Context(), websocket.MessageText, []byte(text)))
	}
	for n := range kept + 20 {
		say(fmt.Sprintf("message %d", n))
	}
	alex.Until(fmt.Sprintf(`last(".message .text") === "message %d"`, kept+19))
	alex.Until(fmt.Sprintf(`log().length === %d`, kept))
	alex.Until(atBottom + ` && !visible("newer")`)

	alex.scrollTo(100)
	say("one more")
	alex.Until(`visible("newer") && last("#newer") === "1 new message" && !(` + atBottom + `)`)
	alex.Click("newer")
	alex.Until(atBottom + ` && !visible("newer") && last(".message .text") === "one more"`)
}

// survivesRestart also leaves a draft lying while the connection is away.
func survivesRestart(t *testing.T, alex *tab, hooks Hooks) {
	t.Helper()
	alex.write("half a thought")
	hooks.Restart(t)
	alex.Until(`log().filter((line) => line === "Alex joined the room").length === 2`)
	alex.Until(connected)
	alex.Until(`document.getElementById("draft").value === "half a thought"`)
	alex.say(", finished")
	alex.Until(`last(".mine .text") === "half a thought, finished"`)
}

func isRefused(stranger *tab) {
	stranger.joinByForm(room, "System")
	stranger.Until(`visible("refusal") && document.getElementById("refusal").textContent.startsWith("Name reserved")`)
	stranger.Until(inLobby)
}
