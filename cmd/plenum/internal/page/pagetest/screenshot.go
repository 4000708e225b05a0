package pagetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
)

const pictured = "harbour"

// conversation is shown in the pictures. "you" is the user of the desktop's tab.
var conversation = []struct{ name, text string }{
	{"Béa", "Morning! The new pumps came in overnight."},
	{"Béa", "All twelve of them!"},
	{"Jonas", "Nice. Are they the ones with the quiet housing?"},
	{"you", "They are. I measured 41 dB next to the first one, the old ones had 58."},
	{"Ελένη", "Τέλεια! Ξεκινάμε το απόγευμα;"},
	{"Mei Lin", "Works for me. I put the plan together:\n\n1. north wing until 15:00\n2. test run\n3. south wing tomorrow"},
	{"you", "Perfect."},
	{"you", "I'll bring the spare seals."},
	{"Jonas", "The drawing is at https://files.example.org/drawings/2025/north-wing/ventilation-and-drainage-rev-17b-final.pdf"},
	{"Chidi", "Thanks all, see you at the dock <b>at two</b>."},
}

// takeScreenshots saves pictures of a conversation. room-desktop-light.png is the picture in README.md.
func takeScreenshots(t *testing.T, browser *browsertest.Browser, server Server, dir string) {
	t.Helper()
	for room, guests := range map[string]int{"general": 12, "garden": 3, "night shift": 2, "Ψυχαγωγία": 5} {
		for n := range guests {
			dial(t, server.Direct, room, fmt.Sprintf("Guest %d", n))
		}
	}
	desktop := open(t, browser, server.URL+"/")
	desktop.Until(`entry("open-rooms", "garden")?.innerText.includes("3 here")`)
	desktop.pictures(dir, "lobby", wide, high)
	desktop.pictures(dir, "lobby-phone", narrow, tall)
	desktop.Screen(wide, high, "light")
	desktop.joinByForm("garden", "Alex")
	desktop.sees("Alex joined the room")
	desktop.Do(sendKeys("another-room", pictured+"\r")...)
	desktop.sees("Alex joined the room")
	phone := open(t, browser, server.URL+"/?room="+pictured+"&room=garden&name=Mei+Lin")
	phone.Screen(narrow, tall, "dark")
	phone.sees("Mei Lin joined the room")

	converse(t, server, desktop, phone)
	gardener := dial(t, server.Direct, "garden", "Nora")
	for _, text := range []string{"The tomatoes are ripe.", "Who wants some?"} {
		require.NoError(t, gardener.Write(t.Context(), websocket.MessageText, []byte(text)))
	}
	desktop.Until(`unread("garden") === 2 && entry("others", "Ψυχαγωγία") && people().length === 6`)
	desktop.pictures(dir, "room-desktop", wide, high)
	desktop.pictures(dir, "room-tablet", 900, high)
	desktop.Screen(wide, high, "light")

	phone.pictures(dir, "room-phone", narrow, tall)
	phone.Click("show-people")
	phone.pictures(dir, "people-phone", narrow, tall)
	phone.Click("show-rooms")
	phone.pictures(dir, "rooms-phone", narrow, tall)
	phone.Click("show-rooms")
	before := lookUp(t, server, pictured).Seq
	server.Away()
	phone.Until(`visible("retry")`)
	phone.pictures(dir, "away-phone", narrow, tall)
	jonas := dial(t, server.Direct, pictured, "Jonas")
	for n := range history + 5 {
		require.NoError(t, jonas.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, "Pump %d is in.", n)))
	}
	require.Eventually(t, func() bool { return lookUp(t, server, pictured).Seq > before+history }, stepTimeout, tick)
	server.Back()
	for _, tab := range []*Tab{phone, desktop} {
		tab.Until(`log().some((line) => line.includes("missing here"))`)
		browsertest.Evaluate[bool](tab.Tab, `(document.querySelector(".log:not([hidden]) .gap").scrollIntoView({ block: "center" }), true)`)
	}
	phone.pictures(dir, "gap-phone", narrow, tall)
	desktop.pictures(dir, "gap-desktop", wide, high)

	phone.Visit(server.URL + "/?room=" + pictured + "&name=System")
	phone.Until(`visible("refusal")`)
	phone.pictures(dir, "refused-phone", narrow, tall)
}

func converse(t *testing.T, server Server, desktop, phone *Tab) {
	t.Helper()
	others := map[string]*websocket.Conn{}
	for _, line := range conversation {
		switch line.name {
		case "you":
			desktop.sendLines(line.text)
		case "Mei Lin":
			phone.sendLines(line.text)
		default:
			if others[line.name] == nil {
				others[line.name] = dial(t, server.Direct, pictured, line.name)
				desktop.Until(`people().includes(` + browsertest.Quote(line.name) + `)`)
			}
			require.NoError(t, others[line.name].Write(t.Context(), websocket.MessageText, []byte(line.text)))
		}
		for _, reader := range []*Tab{desktop, phone} {
			reader.Until(`last(".message .text") === ` + browsertest.Quote(line.text))
		}
	}
}

// sendLines sends a text of several lines, with Shift+Enter between them.
func (b *Tab) sendLines(text string) {
	b.T.Helper()
	b.Do(chromedp.Focus(chromedp.ID("draft")))
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.press("Enter", "\r", 13, chromedp.ModifierShift)
		}
		b.write(line)
	}
	b.send("")
}

// pictures saves one picture per colour scheme.
func (b *Tab) pictures(dir, name string, width, height int64) {
	b.T.Helper()
	for _, scheme := range []string{"light", "dark"} {
		b.Screen(width, height, scheme)
		b.Save(dir, name+"-"+scheme+".png")
	}
}
