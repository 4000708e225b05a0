package pagetest

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
)

// Conditions for Until.
const (
	connected = `document.getElementById("status").dataset.state === "connected"`
	atBottom  = `below("log") < 2`
	inLobby   = `visible("lobby") && !visible("chat")`
)

// The words of the chat page's conditions.
const vocabulary = `
	const log = () => texts("#log > *");
	const below = (id) => { const e = document.getElementById(id); return e.scrollHeight - e.scrollTop - e.clientHeight; };
	const people = () => texts("#names .sender");
`

// A tab is one user's view of the chat page.
type tab struct{ *browsertest.Tab }

func open(t *testing.T, browser *browsertest.Browser, url string) *tab {
	t.Helper()
	opened := browser.Open(t, url)
	opened.Words = vocabulary
	return &tab{opened}
}

func (b *tab) joinByForm(room, name string) {
	b.T.Helper()
	b.Do(
		chromedp.WaitVisible(chromedp.ID("room")),
		chromedp.SetValue(chromedp.ID("room"), room),
		chromedp.SetValue(chromedp.ID("name"), name),
		chromedp.SendKeys(chromedp.ID("name"), "\r"),
	)
}

// say sends what the draft holds and text after it.
func (b *tab) say(text string) {
	b.T.Helper()
	b.Until(connected)
	b.write(text)
	b.enter(0)
}

// enter presses Enter with modifiers. chromedp's own key event sends the
// character apart from the key, so a page that handles the key still gets it.
func (b *tab) enter(modifiers chromedp.Modifier) {
	b.T.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		_, err := chromedp.Call(b.Ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{
			Type: kind, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13, Modifiers: int64(modifiers),
		})
		require.NoError(b.T, err)
	}
}

func (b *tab) write(text string) {
	b.T.Helper()
	b.Do(chromedp.SendKeys(chromedp.ID("draft"), text))
}

// receive hands data to the page as if it had come from the server.
func (b *tab) receive(data string) {
	b.T.Helper()
	b.Do(chromedp.Evaluate[chromedp.Void](`void receive(parse(` + browsertest.Quote(data) + `))`))
}

// scrollTo scrolls the log and waits until the page has noticed.
func (b *tab) scrollTo(top int) {
	b.T.Helper()
	b.Until(fmt.Sprintf(`(document.getElementById("log").scrollTop = %d, !talk.follow)`, top))
}

// sees waits for a line of the log.
func (b *tab) sees(line string) {
	b.T.Helper()
	b.Until(`log().includes(` + browsertest.Quote(line) + `)`)
}
