// Package pagetest drives the chat page in headless Chromium against a running
// server. It is for tests only.
package pagetest

import (
	"fmt"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
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
	browser := start(t)
	alex := browser.open(t, baseURL+"/")
	alex.joinByForm(room, "Alex")
	alex.sees("Alex joined the room")

	bea := browser.open(t, baseURL+"/?room="+room+"&name=B%C3%A9a")
	bea.until(connected)
	comeAndGreet(alex, bea)
	showsTextNotMarkup(alex, bea)
	readsWhatElseTheServerSays(bea)

	bea.click("leave")
	bea.until(inLobby)
	alex.sees("Béa left the room")
	alex.until(`!people().includes("Béa")`)

	if hooks.Restart != nil {
		survivesRestart(t, alex, hooks)
	}
	keepsItsPlaceInAFlood(t, alex, baseURL)
	isRefused(browser.open(t, baseURL+"/"))
	if dir := screenshotDir(); dir != "" {
		takeScreenshots(t, browser, baseURL, dir)
	}
	browser.requireQuiet(t)
}

func comeAndGreet(alex, bea *tab) {
	alex.sees("Béa joined the room")
	bea.sees("Béa joined the room")
	alex.until(`people().includes("Béa")`)

	alex.say("Hello Béa")
	bea.until(`last(".message .text") === "Hello Béa" && last(".message .sender") === "Alex"`)
	bea.until(`people().includes("Alex")`)
	bea.say("Salut Alex")
	alex.until(`last(".message .text") === "Salut Alex" && last(".message .sender") === "Béa"`)
	alex.until(`last(".mine .text") === "Hello Béa"`)
}

func showsTextNotMarkup(alex, bea *tab) {
	title := bea.title()
	alex.say(hostile)
	for _, reader := range []*tab{alex, bea} {
		reader.until(`last(".message .text") === ` + quote(hostile))
		reader.until(`document.querySelectorAll("#log b, #log img").length === 0`)
		require.Equal(reader.t, title, reader.title())
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
	bea.until(`last("#count").replace(/\D/g, "") === "4512"`)
	bea.until(`!visible("newer")`)
	bea.receive(`{"type":"gap","room":"general","from":43,"to":97,"epoch":"e"}`)
	bea.until(`log().filter((line) => line === "Some messages are missing.").length === 1`)
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
	alex.until(fmt.Sprintf(`last(".message .text") === "message %d"`, kept+19))
	alex.until(fmt.Sprintf(`log().length === %d`, kept))
	alex.until(atBottom + ` && !visible("newer")`)

	alex.scrollTo(100)
	say("one more")
	alex.until(`visible("newer") && last("#newer") === "1 new message" && !(` + atBottom + `)`)
	alex.click("newer")
	alex.until(atBottom + ` && !visible("newer") && last(".message .text") === "one more"`)
}

// survivesRestart also leaves a draft lying while the connection is away.
func survivesRestart(t *testing.T, alex *tab, hooks Hooks) {
	t.Helper()
	alex.write("half a thought")
	hooks.Restart(t)
	alex.until(`log().filter((line) => line === "Alex joined the room").length === 2`)
	alex.until(connected)
	alex.until(`document.getElementById("draft").value === "half a thought"`)
	alex.say(", finished")
	alex.until(`last(".mine .text") === "half a thought, finished"`)
}

func isRefused(stranger *tab) {
	stranger.joinByForm(room, "System")
	stranger.until(`visible("refusal") && document.getElementById("refusal").textContent.startsWith("Name reserved")`)
	stranger.until(inLobby)
}
