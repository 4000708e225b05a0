package pagetest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
)

// The narrowest supported screen, and one on which all panels fit.
const (
	narrow, tall = 360, 740
	wide, high   = 1280, 800
)

// Reach uses the page with the keyboard only, and with the width of a phone. It checks contrasts and the names for
// screen readers. The server at url must have no members.
func Reach(t *testing.T, url string) {
	t.Helper()
	browser := browsertest.Start(t, browserTimeout)
	walksByKeyboard(open(t, browser, url+"/?room=keys&room=locks&name=Kim"))
	phone := open(t, browser, url+"/")
	phone.Screen(narrow, tall, "light")
	fits(phone)
	phone.isLegible()
	phone.joinByForm("a-room-whose-name-is-as-long-as-"+"the-widest-of-screens-can-hardly-show-in-one-line", "Kim")
	phone.Until(connected)
	phone.paste("https://example.org/" + longWord())
	phone.press("Enter", "\r", 13, 0)
	phone.Until(`texts(".mine").length === 1`)
	fits(phone)
	for button, panel := range map[string]string{"show-rooms": "rooms", "show-people": "here"} {
		unfolds(phone, button, panel)
	}
	browser.RequireQuiet(t)
}

func longWord() (word string) {
	for range 100 {
		word += "abcdefghij"
	}
	return word
}

// fits requires that no element is wider than the screen.
func fits(phone *Tab) {
	phone.T.Helper()
	phone.Until(fmt.Sprintf(`innerWidth === %d && document.documentElement.scrollWidth === innerWidth`, narrow))
	phone.Until(`[...document.querySelectorAll(".log")].every((log) => log.scrollWidth === log.clientWidth)`)
	require.Empty(phone.T, browsertest.Evaluate[[]string](phone.Tab, wider), "too wide")
}

// wider returns the elements beyond the right edge. It leaves out texts that are shortened with an ellipsis, and
// texts for screen readers.
const wider = `[...document.querySelectorAll("body *")]
	.filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + .5 && !e.closest(".title *, .unseen, .skip, .bubble .sender"))
	.map((e) => e.outerHTML)`

// unfolds opens a panel with its button and closes it with Escape, which returns the focus to the button.
func unfolds(phone *Tab, button, panel string) {
	phone.T.Helper()
	is := func(open bool) string {
		return fmt.Sprintf(`visible(%q) === %t && document.getElementById(%q).ariaExpanded === "%t"`, panel, open, button, open)
	}
	phone.Until(is(false))
	phone.Click(button)
	phone.Until(is(true) + fmt.Sprintf(` && document.activeElement.id === %q`, panel))
	fits(phone)
	phone.isLegible()
	phone.press("Escape", "", 27, 0)
	phone.Until(is(false) + fmt.Sprintf(` && document.activeElement.id === %q`, button))
}

// walksByKeyboard goes through the page with the Tab key.
func walksByKeyboard(reader *Tab) {
	reader.Screen(wide, high, "dark")
	reader.Until(connected + ` && text("count") === "1"`)
	browsertest.Evaluate[bool](reader.Tab, `(document.querySelector(".skip").focus(), true)`)
	walked := []string{}
	for len(walked) < 8 {
		walked = append(walked, browsertest.Evaluate[string](reader.Tab, `(({ id, ariaLabel, innerText }) => id || ariaLabel || innerText.split("\n")[0])(document.activeElement)`))
		reader.press("Tab", "", 9, 0)
	}
	require.Equal(reader.T, []string{"Skip to your message", "keys", "locks", "another-room", "Join", "leave", "Messages in keys", "draft"}, walked)
	reader.isLegible()
	reader.Screen(wide, high, "light")
	reader.isLegible()
	reader.Until(`document.querySelector('[role="log"]:not([hidden])').ariaLive === "polite" && document.querySelectorAll("main:not([hidden] *, [hidden])").length === 1`)
}

// isLegible requires that all visible texts have the contrast of WCAG 2.2, 1.4.3, and all controls have a
// name, 4.1.2.
func (b *Tab) isLegible() {
	b.T.Helper()
	require.Empty(b.T, browsertest.Evaluate[[]string](b.Tab, faint), "too faint")
	require.Empty(b.T, browsertest.Evaluate[[]string](b.Tab, nameless), "without a name")
}

const nameless = `[...document.querySelectorAll("button, input, textarea, [tabindex='0']")]
	.filter((e) => e.checkVisibility() && !(e.labels?.length || e.ariaLabel || e.matches("button") && e.innerText.trim()))
	.map((e) => e.outerHTML)`

const faint = `(() => {
	const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
	const rgba = (colour) => {
		pixel.clearRect(0, 0, 1, 1);
		pixel.fillStyle = colour;
		pixel.fillRect(0, 0, 1, 1);
		return [...pixel.getImageData(0, 0, 1, 1).data];
	};
	const linear = (part) => part <= 10 ? part / 3294.6 : ((part / 255 + .055) / 1.055) ** 2.4;
	const luminance = ([red, green, blue]) => .2126 * linear(red) + .7152 * linear(green) + .0722 * linear(blue);
	const ground = (e) => {
		const colour = rgba(getComputedStyle(e).backgroundColor);
		return colour[3] === 255 ? colour : ground(e.parentElement);
	};
	const contrast = (e) => {
		const [less, more] = [luminance(rgba(getComputedStyle(e).color)), luminance(ground(e))].sort((a, b) => a - b);
		return (more + .05) / (less + .05);
	};
	return [...document.querySelectorAll("body *")]
		.filter((e) => e.checkVisibility() && !e.disabled && [...e.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
		.filter((e) => contrast(e) < 4.5)
		.map((e) => contrast(e).toFixed(2) + " " + e.outerHTML);
})()`
