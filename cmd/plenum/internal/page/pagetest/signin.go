package pagetest

import (
	"testing"

	"plenum/cmd/plenum/internal/browsertest"
)

// SignIn visits a server that requires a token: without a token, with invalid ones, and with Alex's.
func SignIn(t *testing.T, url, token string) {
	t.Helper()
	browser := browsertest.Start(t, browserTimeout)
	page := open(t, browser, url+"/")
	page.joinByForm(room, "Somebody else")
	page.Until(inLobby + ` && text("refusal") === "Missing token. This server requires a token."`)
	page.Until(`document.activeElement.id === "token"`)
	page.Do(sendKeys("token", "no token\r")...)
	page.Until(inLobby + ` && visible("refusal") && text("refusal") !== "Missing token. This server requires a token."`)
	page.Do(sendKeys("token", "a.b.c\r")...)
	page.Until(inLobby + ` && text("refusal") === "Invalid token. Please enter another one."`)

	page.Visit(url + "/#token=" + token)
	page.Until(`location.hash === "" && document.getElementById("token").value === ` + browsertest.Quote(token))
	page.joinByForm(room, "Somebody else")
	page.sees("Alex joined the room")
	page.send("it is me")
	page.Until(`last(".mine .sender") === "Alex" && texts(".me .sender").join() === "Alex"`)
	page.Until(`!(location.href + JSON.stringify(history.state) + JSON.stringify({ ...localStorage, ...sessionStorage })).includes(` + browsertest.Quote(token) + `)`)
	browser.RequireQuiet(t)
}
