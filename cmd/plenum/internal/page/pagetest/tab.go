package pagetest

import (
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
)

const stepTimeout = 15 * time.Second

// Conditions for Until.
const (
	connected = `document.getElementById("status").dataset.state === "open"`
	inLobby   = `visible("lobby") && !visible("chat")`
)

// vocabulary defines the JavaScript functions for conditions on the chat page.
const vocabulary = `
	const text = (id) => document.getElementById(id).textContent;
	const last = (selector) => texts(".log:not([hidden]) " + selector).at(-1);
	const log = () => texts(".log:not([hidden]) > *");
	const below = () => { const e = document.querySelector(".log:not([hidden])"); return e.scrollHeight - e.scrollTop - e.clientHeight; };
	const people = () => texts("#names .sender");
	const entry = (list, name) => [...document.querySelectorAll("#" + list + " .room")].find((found) => found.querySelector("bdi").textContent === name);
	const unread = (name) => { const badge = entry("yours", name)?.querySelector(".unread"); return badge?.hidden ? 0 : parseInt(badge?.textContent); };
`

// browserTimeout is the maximum duration of a whole scenario.
const browserTimeout = 3 * time.Minute

// A Tab is one user's view of the chat page.
type Tab struct{ *browsertest.Tab }

func open(t *testing.T, browser *browsertest.Browser, url string) *Tab {
	t.Helper()
	opened := browser.Open(t, url)
	opened.Words = vocabulary
	return &Tab{opened}
}

func (b *Tab) joinByForm(room, name string) {
	b.T.Helper()
	b.Do(
		chromedp.WaitVisible(chromedp.ID("room")),
		chromedp.SetValue(chromedp.ID("room"), room),
		chromedp.SetValue(chromedp.ID("name"), name),
		chromedp.SendKeys(chromedp.ID("name"), "\r"),
	)
}

// send appends text to the draft and sends it.
func (b *Tab) send(text string) {
	b.T.Helper()
	b.Until(connected)
	b.write(text)
	b.press("Enter", "\r", 13, 0)
}

// press presses a key with modifiers. It does not use chromedp's key event, which sends the character separately
// from the key. A page that handles the key would receive the character too.
func (b *Tab) press(key, text string, code int64, modifiers chromedp.Modifier) {
	b.T.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		_, err := chromedp.Call(b.Ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{
			Type: kind, Key: key, Code: key, Text: text, WindowsVirtualKeyCode: code, Modifiers: int64(modifiers),
		})
		require.NoError(b.T, err)
	}
}

// paste appends text to the draft at once, without an event per character.
func (b *Tab) paste(text string) {
	b.T.Helper()
	b.Do(chromedp.Focus(chromedp.ID("draft")))
	_, err := chromedp.Call(b.Ctx, input.InsertText, input.InsertTextParams{Text: text})
	require.NoError(b.T, err)
}

func (b *Tab) write(text string) {
	b.T.Helper()
	b.Do(chromedp.SendKeys(chromedp.ID("draft"), text))
}

// sendKeys types text into a field, after waiting until the field is visible.
func sendKeys(id, text string) []chromedp.Action[chromedp.Void] {
	return []chromedp.Action[chromedp.Void]{chromedp.WaitVisible(chromedp.ID(id)), chromedp.SendKeys(chromedp.ID(id), text)}
}

// choose clicks on a room in a list.
func (b *Tab) choose(list, name string) {
	b.T.Helper()
	room := `entry(` + browsertest.Quote(list) + `, ` + browsertest.Quote(name) + `)`
	b.Until(room + `?.checkVisibility()`)
	b.Until(`(` + room + `.click(), true)`)
}

// scrollTo scrolls the log and waits until the page has received the event.
func (b *Tab) scrollTo(top int) {
	b.T.Helper()
	browsertest.Evaluate[bool](b.Tab, `new Promise((received) => {
		const log = document.querySelector(".log:not([hidden])");
		log.addEventListener("scroll", () => received(true), { once: true });
		log.scrollTop = `+strconv.Itoa(top)+`;
	})`)
}

// sees waits for a line in the log.
func (b *Tab) sees(line string) {
	b.T.Helper()
	b.Until(`log().includes(` + browsertest.Quote(line) + `)`)
}
