package browsertest

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

const stepTimeout = 15 * time.Second

// vocabulary defines JavaScript functions for conditions, in addition to Tab.Words.
const vocabulary = `
	const visible = (id) => document.getElementById(id).checkVisibility();
	const texts = (selector) => [...document.querySelectorAll(selector)].map((found) => found.textContent);
`

// Tab is one user's view of a page.
type Tab struct {
	T     *testing.T
	Ctx   context.Context // chromedp's
	Words string          // JavaScript that defines functions for conditions
}

// Visit navigates to a URL.
func (b *Tab) Visit(url string) {
	b.T.Helper()
	b.Do(chromedp.Navigate(url))
}

// Close closes the tab as a user would, so the page receives the events of a closing tab.
func (b *Tab) Close() {
	b.T.Helper()
	require.NoError(b.T, chromedp.Cancel(b.Ctx))
}

// Click clicks an element.
func (b *Tab) Click(id string) {
	b.T.Helper()
	b.Do(chromedp.Click(chromedp.ID(id)))
}

// Run runs JavaScript statements in the page.
func (b *Tab) Run(script string) {
	b.T.Helper()
	b.Do(chromedp.Evaluate[chromedp.Void](`void (() => {` + script + `})()`))
}

// Until waits until a JavaScript condition is true. It polls within the page. It does not use chromedp.Poll, which
// makes functions of strings; the page's Content-Security-Policy forbids that.
func (b *Tab) Until(condition string) {
	b.T.Helper()
	Evaluate[bool](b, `new Promise((met) => {`+vocabulary+b.Words+`
		const look = () => (`+condition+`) ? met(true) : setTimeout(look, 20);
		look();
	})`)
}

// Evaluate returns the value of a JavaScript expression. It waits if the value is a promise.
func Evaluate[T any](b *Tab, expression string) T {
	b.T.Helper()
	ctx, cancel := context.WithTimeout(b.Ctx, stepTimeout)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoErrorf(b.T, err, "evaluating %s; the page shows %s", expression, b)
	return value
}

// Value sets into to the value of a JavaScript expression. It waits if the value is a promise.
func (b *Tab) Value(into any, expression string) {
	b.T.Helper()
	text := Evaluate[string](b, `Promise.resolve(`+expression+`).then((value) => JSON.stringify(value) ?? "null")`)
	require.NoError(b.T, json.Unmarshal([]byte(text), into))
}

// String returns the end of the page's visible text.
func (b *Tab) String() string {
	text, err := chromedp.Run(b.Ctx, chromedp.Evaluate[string](`document.body.innerText.slice(-800)`))
	if err != nil {
		return err.Error()
	}
	return strconv.Quote(text)
}

// Title returns the page's title.
func (b *Tab) Title() string {
	b.T.Helper()
	title, err := chromedp.Run(b.Ctx, chromedp.Title())
	require.NoError(b.T, err)
	return title
}

// Do performs actions one after the other.
func (b *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	ctx, cancel := context.WithTimeout(b.Ctx, stepTimeout)
	defer cancel()
	require.NoErrorf(b.T, chromedp.Do(ctx, actions...), "the page shows %s", b)
}

// Quote returns text as a JavaScript string literal.
func Quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // impossible for a string
	}
	return string(quoted)
}
