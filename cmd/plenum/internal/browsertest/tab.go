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

// The words that conditions are written in, beside Tab.Words.
const vocabulary = `
	const visible = (id) => document.getElementById(id).checkVisibility();
	const texts = (selector) => [...document.querySelectorAll(selector)].map((found) => found.textContent);
`

// Tab is one user's view of a page.
type Tab struct {
	T     *testing.T
	Ctx   context.Context // chromedp's
	Words string          // JavaScript that defines what a page's conditions have in common
}

// Visit goes to another page.
func (b *Tab) Visit(url string) {
	b.T.Helper()
	b.Do(chromedp.Navigate(url))
}

// Click clicks an element.
func (b *Tab) Click(id string) {
	b.T.Helper()
	b.Do(chromedp.Click(chromedp.ID(id)))
}

// Run has the page run a statement.
func (b *Tab) Run(script string) {
	b.T.Helper()
	b.Do(chromedp.Evaluate[chromedp.Void](`void (() => {` + script + `})()`))
}

// Until waits for a condition in JavaScript. It looks from within the page by
// itself, as chromedp.Poll makes functions of strings, which the page's
// Content-Security-Policy forbids.
func (b *Tab) Until(condition string) {
	b.T.Helper()
	Evaluate[bool](b, `new Promise((met) => {`+vocabulary+b.Words+`
		const look = () => (`+condition+`) ? met(true) : setTimeout(look, 20);
		look();
	})`)
}

// Evaluate is the value of an expression in JavaScript, which may be a promise's.
func Evaluate[T any](b *Tab, expression string) T {
	b.T.Helper()
	ctx, cancel := context.WithTimeout(b.Ctx, stepTimeout)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoErrorf(b.T, err, "evaluating %s; the page shows %s", expression, b)
	return value
}

// Value sets into to the value of an expression in JavaScript, which may be a promise's.
func (b *Tab) Value(into any, expression string) {
	b.T.Helper()
	text := Evaluate[string](b, `Promise.resolve(`+expression+`).then((value) => JSON.stringify(value) ?? "null")`)
	require.NoError(b.T, json.Unmarshal([]byte(text), into))
}

// String is the end of what the page shows.
func (b *Tab) String() string {
	text, err := chromedp.Run(b.Ctx, chromedp.Evaluate[string](`document.body.innerText.slice(-800)`))
	if err != nil {
		return err.Error()
	}
	return strconv.Quote(text)
}

// Title is the page's.
func (b *Tab) Title() string {
	b.T.Helper()
	title, err := chromedp.Run(b.Ctx, chromedp.Title())
	require.NoError(b.T, err)
	return title
}

// Do does one after the other.
func (b *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	ctx, cancel := context.WithTimeout(b.Ctx, stepTimeout)
	defer cancel()
	require.NoErrorf(b.T, chromedp.Do(ctx, actions...), "the page shows %s", b)
}

// Quote is text as a string of JavaScript.
func Quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(quoted)
}
