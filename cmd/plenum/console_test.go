package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"plenum/cmd/plenum/internal/browsertest"
)

// consoleWords defines JavaScript functions for conditions on the operations page.
const consoleWords = `
	const last = (selector) => texts(selector).at(-1);
	const state = () => document.body.dataset.state;
	const card = (id) => document.querySelector('[data-figure="' + id + '"]');
	const shown = (id) => card(id).querySelector("strong").textContent;
	const value = (id) => Number(shown(id).replaceAll(",", ""));
	const more = (id) => card(id).querySelector(".more").textContent;
	const alternative = (id) => card(id).querySelector("svg").getAttribute("aria-label");
	const line = (id) => card(id).querySelector(".line").getAttribute("d");
	const row = (id) => texts("#" + id + " tbody tr");
	const fits = () => document.documentElement.scrollWidth <= innerWidth;
`

// openConsole opens the operations page of a server in a new browser. The test fails if the page causes an error.
func openConsole(t *testing.T, s *testServer, timeout time.Duration) *browsertest.Tab {
	t.Helper()
	browser := browsertest.Start(t, timeout)
	tab := browser.Open(t, s.admin+"/")
	tab.Words = consoleWords
	t.Cleanup(func() { browser.RequireQuiet(t) })
	return tab
}

// sendsRepeatedly sends text a hundred times per second until stop is called. It reads a message after each one, so that c is
// not slow itself.
func (c *client) sendsRepeatedly(text string) (stop func()) {
	ended := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ended:
				_ = c.conn.CloseNow()
				return
			case <-ticker.C:
				_ = c.conn.Write(c.ctx, websocket.MessageText, []byte(text)) // if it fails, the condition on the page is not met
				_, _, _ = c.conn.Read(c.ctx)
			}
		}
	})
	return func() {
		close(ended)
		running.Wait()
	}
}

// discards reads and discards messages until c is closed.
func (c *client) discards() {
	for {
		if _, _, err := c.conn.Read(c.ctx); err != nil {
			return
		}
	}
}

func TestConsoleShowsTheFiguresOfARoom(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	s := start(t, "--max-conns=2000")
	page := openConsole(t, s, time.Minute)
	page.Until(`state() === "live" && value("connections") === 0 && shown("p99") === "–"`)
	a, b := dial(t, s, "/ws/chat/a?username=Alex"), dial(t, s, "/ws/chat/a?username=Bo")
	page.Until(`value("connections") === 2 && more("connections").startsWith("of 2,000;")`)
	page.Until(`value("members") === 2 && more("members") === "in 1 room"`)
	go b.discards()
	stop := a.sendsRepeatedly("hi")
	defer stop()
	page.Until(`value("published") > 10 && value("deliveries") > 1.5 * value("published") && value("batch") >= 1`)
	page.Until(`value("p99") > 0 && value("cpu") > 0 && value("memory") > 0`)
	page.Until(`line("deliveries").includes("L") && alternative("deliveries").includes("now " + shown("deliveries"))`)
	dial(t, s, "/ws/chat/a?username=System").isClosed(1008, "Name reserved")
	page.Until(`row("refused").includes("name reserved11") && row("closed").includes("1008 policy11")`)
}

func TestConsoleShowsSlowMembers(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	s := start(t, "--slow-lag=64KiB", "--announce-limit=-1")
	page := openConsole(t, s, time.Minute)
	stalled := dialRaw(t, s, "/ws/chat/a?username=Stalled")
	defer stalled.Close()
	page.Until(`value("members") === 1`)
	stop := dial(t, s, "/ws/chat/a?username=Alex").sendsRepeatedly(strings.Repeat("x", 60_000))
	defer stop()
	page.Until(`value("behind") === 1`)
	page.Until(`more("behind").startsWith("1 closed as too slow")`)
	page.Until(`row("slow").includes("Fell behind11") && row("slow").includes("Closed as too slow11")`)
}

func TestConsoleShowsADrainTheStoppedServerAndItsRestart(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	s := start(t)
	page := openConsole(t, s, time.Minute)
	page.Screen(360, 740, "light")
	a := dial(t, s, "/echo/raw")
	mute := dialRaw(t, s, "/echo/raw") // the drain waits 5 s for it
	defer mute.Close()
	page.Until(`value("connections") === 2 && !visible("drain")`)
	go s.stop() // the end of the test waits for it
	a.retryDelay()
	page.Until(`state() === "draining" && visible("drain") && last("#drain-text").startsWith("1 of 2 connections are open.")`)
	page.Until(`document.getElementById("drain-bar").value === 1 && document.getElementById("drain-bar").max === 2 && fits()`)
	page.Until(`state() === "silent" && /^No answer since \d\d:\d\d:\d\d$/.test(last("#state")) && fits()`)
	start(t, "--admin="+strings.TrimPrefix(s.admin, "http://"))
	page.Until(`state() === "live" && !visible("drain") && value("connections") === 0 && last("#state") === "Live"`)
}

// The test waits for two seconds, in which a visible page would have sent requests.
func TestConsoleSendsNoRequestsWhileItIsHidden(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	s := start(t)
	page := openConsole(t, s, time.Minute)
	page.Until(`state() === "live"`)
	turn := func(hidden bool) {
		page.Run(fmt.Sprintf(`
			Object.defineProperty(document, "hidden", { value: %t, configurable: true });
			document.dispatchEvent(new Event("visibilitychange"));`, hidden))
	}
	turn(true)
	page.Until(`state() === "paused" && (window.asked = performance.getEntriesByType("resource").length)`)
	began := s.status(t).Uptime
	for s.status(t).Uptime < began+2 {
		dial(t, s, "/echo/raw").leaves()
	}
	page.Until(`performance.getEntriesByType("resource").length === window.asked && state() === "paused"`)
	dial(t, s, "/echo/raw")
	turn(false)
	page.Until(`state() === "live" && value("connections") === 1`)
}

func TestConsoleFitsAPhone(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	page := openConsole(t, start(t), time.Minute)
	page.Screen(360, 740, "dark")
	page.Until(`state() === "live" && fits()`)
	page.Until(`document.querySelectorAll("strong").forEach((figure) => { figure.textContent = "888,888"; }) ||
		document.querySelectorAll(".more").forEach((line) => { line.textContent += " and 888,888 of 888,888"; }) || fits()`)
}
