package pagetest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
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

func screenshotDir() string { return os.Getenv("PLENUM_SCREENSHOTS") }

func takeScreenshots(t *testing.T, browser *browser, baseURL, dir string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o755))
	desktop := browser.open(t, baseURL+"/")
	desktop.screen(1280, 800, "light")
	desktop.save(dir, "lobby-desktop-light.png")
	desktop.joinByForm(pictured, "Alex")
	desktop.sees("Alex joined the room")
	phone := browser.open(t, baseURL+"/?room="+pictured+"&name=Mei+Lin")
	phone.screen(390, 844, "dark")
	phone.sees("Mei Lin joined the room")

	converse(t, baseURL, desktop, phone)
	desktop.save(dir, "room-desktop-light.png")
	phone.save(dir, "room-phone-dark.png")
	phone.click("people")
	phone.save(dir, "people-phone-dark.png")

	phone.visit(baseURL + "/?room=" + pictured + "&name=System")
	phone.until(`visible("refusal")`)
	phone.save(dir, "refused-phone-dark.png")
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
			reader.until(`last(".message .text") === ` + quote(line.text))
		}
	}
}

// sayLines is say for several lines, with Shift+Enter between them.
func (b *tab) sayLines(text string) {
	b.t.Helper()
	b.do(chromedp.Focus(chromedp.ID("draft")))
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.enter(chromedp.ModifierShift)
		}
		b.write(line)
	}
	b.say("")
}

func (b *tab) screen(width, height int64, scheme string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height, chromedp.EmulateScale(2)))
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	require.NoError(b.t, err)
}

func (b *tab) save(dir, name string) {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join(dir, name), picture, 0o644))
}
