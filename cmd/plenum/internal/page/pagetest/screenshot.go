package pagetest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
)

const pictured = "harbour"

// The conversation on the pictures; "you" speaks from the desktop's tab.
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

func takeScreenshots(t *testing.T, browser *browsertest.Browser, baseURL, dir string) {
	t.Helper()
	desktop := open(t, browser, baseURL+"/")
	desktop.Screen(1280, 800, "light")
	desktop.Save(dir, "lobby-desktop-light.png")
	desktop.joinByForm(pictured, "Alex")
	desktop.sees("Alex joined the room")
	phone := open(t, browser, baseURL+"/?room="+pictured+"&name=Mei+Lin")
	phone.Screen(390, 844, "dark")
	phone.sees("Mei Lin joined the room")

	converse(t, baseURL, desktop, phone)
	desktop.Save(dir, "room-desktop-light.png")
	phone.Save(dir, "room-phone-dark.png")
	phone.Click("people")
	phone.Save(dir, "people-phone-dark.png")

	phone.Visit(baseURL + "/?room=" + pictured + "&name=System")
	phone.Until(`visible("refusal")`)
	phone.Save(dir, "refused-phone-dark.png")
}

func converse(t *testing.T, baseURL string, desktop, phone *tab) {
	t.Helper()
	others := map[string]*websocket.Conn{}
	for _, line := range conversation {
		switch line.name {
		case "you":
			desktop.sayLines(line.text)
		case "Mei Lin":
			phone.sayLines(line.text)
		default:
			if others[line.name] == nil {
				others[line.name] = dial(t, baseURL, pictured, line.name)
				desktop.sees(line.name + " joined the room")
			}
			require.NoError(t, others[line.name].Write(t.Context(), websocket.MessageText, []byte(line.text)))
		}
		for _, reader := range []*tab{desktop, phone} {
			reader.Until(`last(".message .text") === ` + browsertest.Quote(line.text))
		}
	}
}

// sayLines is say for several lines, with Shift+Enter between them.
func (b *tab) sayLines(text string) {
	b.T.Helper()
	b.Do(chromedp.Focus(chromedp.ID("draft")))
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.enter(chromedp.ModifierShift)
		}
		b.write(line)
	}
	b.say("")
}
