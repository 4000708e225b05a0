package main

import (
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
)

// printedCurl matches the command that the script prints. The groups are the parts of the request.
var printedCurl = regexp.MustCompile(`^curl -H 'Authorization: Bearer (\S+)' -d '(\{"user":"Alex","order":"1001","status":"shipped"\})' (http://\S+)/orders\n$`)

// conditions are for Tab.Until: order is the text of an order's card, step is its current step, and state is that of the
// connection.
const conditions = `
	const order = (number) => document.getElementById("order-" + number)?.innerText;
	const step = (number) => document.querySelector("#order-" + number + " [aria-current]")?.textContent;
	const state = () => document.getElementById("state").textContent;
	const framed = (selector) => document.querySelector("iframe")?.contentDocument?.querySelector(selector);
`

func TestTheShopRunsWithOneCommandAndItsPageShowsUpdates(t *testing.T) {
	plainOnly(t, "the script starts plenum")
	t.Parallel()
	for _, backend := range shopBackends {
		t.Run(backend, func(t *testing.T) {
			b, curl, stop := runShop(t, backend)
			request := printedCurl.FindStringSubmatch(curl)
			require.NotNil(t, request, curl)
			require.Equal(t, b.url, request[3])
			browser := browsertest.Start(t, time.Minute)
			alex := b.showsUpdates(t, browser, request[1], request[2])
			b.pictures(t, alex, request[1], backend)
			stop()
			alex.Until(`state() === "The connection is lost. Trying again…"`)
			browser.RequireQuiet(t)
		})
	}
}

// opens opens the page with the key of a link.
func (b shop) opens(t *testing.T, browser *browsertest.Browser, key string) *browsertest.Tab {
	t.Helper()
	tab := browser.Open(t, b.url+"/#"+key)
	tab.Words = conditions
	return tab
}

// updates sends an update as the warehouse.
func (b shop) updates(t *testing.T, key, body string) {
	t.Helper()
	status, answer := b.asks(t, http.MethodPost, "/orders", key, body)
	require.Equal(t, http.StatusAccepted, status, answer)
}

// showsUpdates returns the page of Alex. shipped is the update of the printed command.
func (b shop) showsUpdates(t *testing.T, browser *browsertest.Browser, key, shipped string) *browsertest.Tab {
	t.Helper()
	alex, bea := b.opens(t, browser, b.links["Alex"]), b.opens(t, browser, b.links["Bea"])
	alex.Until(`state() === "Live"`)
	bea.Until(`state() === "Live"`)
	b.updates(t, key, shipped)
	alex.Until(`step("1001") === "shipped" && !order("1002")`)
	b.updates(t, key, `{"user":"Bea","order":"1002","status":"paid"}`)
	bea.Until(`step("1002") === "paid" && !order("1001")`)
	b.updates(t, key, `{"user":"Alex","order":"1003","status":"packed"}`)
	b.updates(t, key, `{"user":"Alex","order":"1001","status":"delivered"}`)
	alex.Until(`step("1001") === "delivered" && document.querySelectorAll("#order-1001 .done").length === 4 && step("1003") === "packed"`)

	late := b.opens(t, browser, b.links["Alex"])
	late.Until(`step("1001") === "delivered" && step("1003") === "packed" && texts("h2").join() === "Order 1001,Order 1003"`)
	b.opens(t, browser, "").Until(`state() === "Not connected: this link is not valid"`)
	b.opens(t, browser, "Alex.x").Until(`state() === "Not connected: this link is not valid"`)

	// A frame, because a tab cannot wait for a condition while it loads another page.
	late.Run(`document.body.append(Object.assign(document.createElement("iframe"), { src: "/?frame#` + b.links["Alex"] + `" }))`)
	late.Until(`framed("#order-1001")`)
	late.Run(`document.querySelector("iframe").contentWindow.location.hash = "` + b.links["Bea"] + `"`)
	late.Until(`framed("#order-1002") && !framed("#order-1001")`)
	return alex
}

// pictures saves pictures of Alex's page. One of them is in the README of the shop.
func (b shop) pictures(t *testing.T, alex *browsertest.Tab, key, backend string) {
	t.Helper()
	dir := browsertest.Pictures()
	if dir == "" {
		return
	}
	b.updates(t, key, `{"user":"Alex","order":"1001","status":"shipped"}`)
	alex.Until(`step("1001") === "shipped"`)
	alex.Screen(900, 420, "light")
	alex.Save(dir, "shop-"+backend+"-desktop-light.png")
	alex.Screen(390, 420, "dark")
	alex.Save(dir, "shop-"+backend+"-phone-dark.png")
}
