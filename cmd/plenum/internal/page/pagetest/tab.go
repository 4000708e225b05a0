package pagetest

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

const stepTimeout = 15 * time.Second

// Conditions for until.
const (
	connected = `document.getElementById("status").dataset.state === "connected"`
	atBottom  = `below("log") < 2`
	inLobby   = `visible("lobby") && !visible("chat")`
)

// The words conditions are written in.
const vocabulary = `
	const visible = (id) => document.getElementById(id).checkVisibility();
	const texts = (selector) => [...document.querySelectorAll(selector)].map((found) => found.textContent);
	const last = (selector) => texts(selector).at(-1);
	const log = () => texts("#log > *");
	const below = (id) => { const e = document.getElementById(id); return e.scrollHeight - e.scrollTop - e.clientHeight; };
	const people = () => texts("#names .sender");
`

// A tab is one user's view of the page.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func (b *tab) visit(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
}

func (b *tab) joinByForm(room, name string) {
	b.t.Helper()
	b.do(
		chromedp.WaitVisible(chromedp.ID("room")),
		chromedp.SetValue(chromedp.ID("room"), room),
		chromedp.SetValue(chromedp.ID("name"), name),
		chromedp.SendKeys(chromedp.ID("name"), "\r"),
	)
}

// say sends what the draft holds and text after it.
func (b *tab) say(text string) {
	b.t.Helper()
	b.until(connected)
	b.write(text)
	b.enter(0)
}

// enter presses Enter with modifiers. chromedp's own key event sends the
// character apart from the key, so a page that handles the key still gets it.
func (b *tab) enter(modifiers chromedp.Modifier) {
	b.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		_, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{
			Type: kind, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13, Modifiers: int64(modifiers),
		})
		require.NoError(b.t, err)
	}
}

func (b *tab) write(text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.ID("draft"), text))
}

func (b *tab) click(id string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.ID(id)))
}

// receive hands data to the page as if it had come from the server.
func (b *tab) receive(data string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`void receive(parse(` + quote(data) + `))`))
}

// scrollTo scrolls the log and waits until the page has noticed.
func (b *tab) scrollTo(top int) {
	b.t.Helper()
	b.until(fmt.Sprintf(`(document.getElementById("log").scrollTop = %d, !talk.follow)`, top))
}

// sees waits for a line of the log.
func (b *tab) sees(line string) {
	b.t.Helper()
	b.until(`log().includes(` + quote(line) + `)`)
}

// until waits for a condition in JavaScript. It looks from within the page by
// itself, as chromedp.Poll makes functions of strings, which the page's
// Content-Security-Policy forbids.
func (b *tab) until(condition string) {
	b.t.Helper()
	expression := `new Promise((met) => {` + vocabulary + `
		const look = () => (` + condition + `) ? met(true) : setTimeout(look, 20);
		look();
	})`
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression, chromedp.EvalAwaitPromise))
	require.NoErrorf(b.t, err, "waiting for %s; the page shows %s", condition, b)
}

// String is the end of what the page shows.
func (b *tab) String() string {
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText.slice(-800)`))
	if err != nil {
		return err.Error()
	}
	return strconv.Quote(text)
}

func (b *tab) title() string {
	b.t.Helper()
	title, err := chromedp.Run(b.ctx, chromedp.Title())
	require.NoError(b.t, err)
	return title
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	require.NoErrorf(b.t, chromedp.Do(ctx, actions...), "the page shows %s", b)
}

func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(quoted)
}
