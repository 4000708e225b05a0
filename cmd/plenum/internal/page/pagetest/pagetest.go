// Package pagetest tests the chat page and plenum.js in headless Chromium against a running server. It is for
// tests only.
package pagetest

import (
	"fmt"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
)

// Server is the server under test. Its rooms must announce joins and leaves as digests from the eleventh member on,
// and retain twenty messages.
type Server struct {
	URL    string // for the browser
	Direct string // a URL that Away and Lose do not affect
	// Restart closes all connections with code 1012, and returns when the server is available again at the same
	// addresses.
	Restart func(t *testing.T)
	// Away cuts the connections to URL, and lets new ones fail until Back.
	Away, Back func()
	// Lose discards all data from the browser until Away.
	Lose func()
}

const (
	hostile  = `<img src=x onerror="document.title='pwned'"><b>bold</b>`
	room     = "general"
	logLines = 500 // lines in the page's log
	history  = 20  // messages retained by the server
)

// Run plays a conversation in browser tabs against a server without members. If PLENUM_SCREENSHOTS is set, it
// saves pictures of the page in that directory.
func Run(t *testing.T, server Server) {
	t.Helper()
	browser := browsertest.Start(t, browserTimeout)
	alex := open(t, browser, server.URL+"/")
	alex.joinByForm(room, "Alex")
	alex.sees("Alex joined the room")

	bea := open(t, browser, server.URL+"/?room="+room+"&name=B%C3%A9a")
	bea.Until(connected)
	comeAndGreet(alex, bea)
	showsTextNotMarkup(alex, bea)
	showsEarlierMessages(t, browser, server)
	isInTwoRooms(alex, bea)
	foldsACrowd(t, alex, server)

	bea.Click("leave")
	bea.Until(inLobby)
	alex.sees("Béa left the room")
	alex.Until(`!people().includes("Béa")`)

	showsAGap(t, alex, server)
	returnsAnUnconfirmedMessage(alex, server)
	survivesRestart(t, alex, server)
	keepsItsScrollPositionInAFlood(t, alex, server)
	isRefused(open(t, browser, server.URL+"/"))
	spellsTheNameAsTheServer(open(t, browser, server.URL+"/"))
	if dir := browsertest.Pictures(); dir != "" {
		takeScreenshots(t, browser, server, dir)
	}
	browser.RequireQuiet(t)
}

func comeAndGreet(alex, bea *Tab) {
	alex.sees("Béa joined the room")
	bea.sees("Béa joined the room")
	alex.Until(`people().join() === "Alex,Béa" && text("count") === "2"`)

	alex.send("Hello Béa")
	bea.Until(`last(".message .text") === "Hello Béa" && last(".message .sender") === "Alex"`)
	bea.Until(`people().join() === "Béa,Alex"`)
	bea.send("Salut Alex")
	alex.Until(`last(".message .text") === "Salut Alex" && last(".message .sender") === "Béa"`)
	alex.Until(`last(".mine .text") === "Hello Béa"`)
}

func showsTextNotMarkup(alex, bea *Tab) {
	alex.send(hostile)
	for _, reader := range []*Tab{alex, bea} {
		reader.Until(`last(".message .text") === ` + browsertest.Quote(hostile))
		reader.Until(`document.querySelectorAll(".log b, .log img").length === 0`)
		reader.Until(`document.title === "#general – plenum"`)
	}
}

// showsEarlierMessages joins with a third tab. It also checks that the page distinguishes its own messages from those
// of another Anonymous user.
func showsEarlierMessages(t *testing.T, browser *browsertest.Browser, server Server) {
	t.Helper()
	late := open(t, browser, server.URL+"/")
	late.choose("open-rooms", room)
	late.Until(`log()[0] === "Alex joined the room" && texts(".message .text").join("|") === ` + browsertest.Quote("Hello Béa|Salut Alex|"+hostile))
	late.sees("Anonymous joined the room")
	late.Until(`document.querySelector(".log:not([hidden])").ariaBusy === "false" && document.title === "#general – plenum"`)
	other := dial(t, server.Direct, room, "Anonymous")
	require.NoError(t, other.Write(t.Context(), websocket.MessageText, []byte("theirs")))
	late.Until(`last(".message .text") === "theirs"`)
	late.send("mine")
	late.Until(`texts(".mine .text").join() === "mine"`)
	require.NoError(t, other.Close(websocket.StatusNormalClosure, ""))
	late.Click("leave")
	late.Until(inLobby)
}

// isInTwoRooms joins a second room with Alex, and leaves it again.
func isInTwoRooms(alex, bea *Tab) {
	alex.Do(sendKeys("another-room", "garden\r")...)
	alex.Until(`text("title") === "garden" && entry("yours", "garden")?.ariaCurrent === "true"`)
	alex.sees("Alex joined the room")
	alex.write("for the garden")
	bea.Until(`entry("others", "garden")?.querySelector(".members").textContent === "1 here"`)
	bea.send("One for later")
	bea.send("and another")
	alex.Until(`unread("general") === 2 && unread("garden") === 0 && document.title === "(2) #garden – plenum"`)
	alex.Until(`entry("yours", "general").querySelector(".members").textContent === "2 here"`)

	alex.choose("yours", room)
	alex.Until(`last(".message .text") === "and another" && unread("general") === 0 && document.title === "#general – plenum"`)
	alex.Until(`document.getElementById("draft").value === "" && below() < 2`)
	alex.choose("yours", "garden")
	alex.Until(`document.getElementById("draft").value === "for the garden"`)
	alex.Click("leave")
	alex.Until(`text("title") === "general" && !entry("yours", "garden")`)
	alex.Until(`location.search === "?room=general&name=Alex"`)
}

// foldsACrowd lets more members join a room than the server announces by name.
func foldsACrowd(t *testing.T, alex *Tab, server Server) {
	t.Helper()
	for n := range history {
		dial(t, server.Direct, "crowd", fmt.Sprintf("Guest %d", n))
	}
	alex.Do(sendKeys("another-room", "crowd\r")...)
	alex.Until(`/^\d+ joined, \d+ left, 21 here$/.test(last(".note"))`)
	alex.Until(`text("count") === "21" && people().length === 21 && !visible("more")`)
	alex.Click("leave")
	alex.Until(`text("title") === "general"`)
}

// showsAGap publishes more messages than the server retains while the connection is away.
func showsAGap(t *testing.T, alex *Tab, server Server) {
	t.Helper()
	bea := dial(t, server.Direct, room, "Béa")
	alex.sees("Béa joined the room")
	alex.Until(`people().length === 2`)
	before := lookUp(t, server, room).Seq
	server.Away()
	alex.Until(`/^Waiting \d+ s: the server cannot be reached$/.test(text("state")) && visible("retry")`)
	alex.Until(`text("announced") === "Not connected: the server cannot be reached" && document.getElementById("send").disabled`)
	require.Eventually(t, func() bool { return lookUp(t, server, room) == info{Members: 1, Seq: before + 1} }, stepTimeout, tick)
	for n := range history + 10 {
		require.NoError(t, bea.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, "missed %d", n)))
	}
	require.Eventually(t, func() bool { return lookUp(t, server, room).Seq == before+1+history+10 }, stepTimeout, tick)
	server.Back()
	alex.Until(`(document.getElementById("retry").click(), ` + connected + `)`)
	alex.sees("11 messages are missing here") // ten messages, and the announcement of Alex's leave
	alex.Until(`log().indexOf("11 messages are missing here") + 1 === log().findIndex((line) => line.includes("missed 10"))`)
	alex.Until(`last(".message .text") === "missed 29" && log().at(-1) === "Alex joined the room"`)
	alex.Until(`text("announced") === "Connected" && text("state") === "Connected"`)
	require.NoError(t, bea.Close(websocket.StatusNormalClosure, ""))
}

// returnsAnUnconfirmedMessage loses a message, so that the page gets no response to it.
func returnsAnUnconfirmedMessage(alex *Tab, server Server) {
	server.Lose()
	alex.send("into the void")
	alex.Until(`document.getElementById("draft").value === ""`)
	server.Away()
	alex.Until(`document.getElementById("draft").value === "into the void"`)
	alex.sees("The connection was lost before the server confirmed your message. It is in the input field again.")
	server.Back()
	alex.send("")
	alex.Until(`last(".mine .text") === "into the void"`)
}

// survivesRestart restarts the server. A draft must be kept meanwhile.
func survivesRestart(t *testing.T, alex *Tab, server Server) {
	t.Helper()
	alex.write("half a thought")
	server.Restart(t)
	alex.sees("The room was restarted: messages may be missing here")
	alex.Until(connected)
	alex.Until(`document.getElementById("draft").value === "half a thought"`)
	alex.send(", finished")
	alex.Until(`last(".mine .text") === "half a thought, finished"`)
}

// keepsItsScrollPositionInAFlood sends more messages than the page keeps.
func keepsItsScrollPositionInAFlood(t *testing.T, alex *Tab, server Server) {
	t.Helper()
	flood := dial(t, server.Direct, room, "Flood")
	publish := func(text string) {
		require.NoError(t, flood.Write(t.Context(), websocket.MessageText, []byte(text)))
	}
	for n := range logLines + 20 {
		publish(fmt.Sprintf("message %d", n))
	}
	alex.Until(fmt.Sprintf(`last(".message .text") === "message %d"`, logLines+19))
	alex.Until(fmt.Sprintf(`log().length === %d`, logLines))
	alex.Until(`below() < 2 && !visible("newer")`)

	alex.scrollTo(100)
	publish("one more")
	alex.Until(`visible("newer") && text("newer") === "1 new message" && below() > 100`)
	alex.Click("newer")
	alex.Until(`below() < 2 && !visible("newer") && last(".message .text") === "one more"`)
}

func isRefused(stranger *Tab) {
	stranger.joinByForm(room, "System")
	stranger.Until(`visible("refusal") && text("refusal").startsWith("Name reserved")`)
	stranger.Until(inLobby)
}

// spellsTheNameAsTheServer joins with a name in the normalization form NFD.
func spellsTheNameAsTheServer(stranger *Tab) {
	stranger.joinByForm("spelling", "Be\u0301a")
	stranger.Until(`texts(".me .sender").join() === "B\u00e9a"`)
	stranger.Click("leave")
	stranger.Until(inLobby)
}
