package page_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/cmd/plenum/internal/page/pagetest"
)

// join is the command join with the id n.
func join(n int, since string) string {
	return fmt.Sprintf(`{"type":"join","since":%q,"room":"a","id":%d}`, since, n)
}

func joined(n int, epoch string, seq int, recovered bool) string {
	return fmt.Sprintf(`{"type":"joined","id":%d,"room":"a","epoch":%q,"seq":%d,"members":1,"recovered":%t}`, n, epoch, seq, recovered)
}

func message(seq int) string {
	return fmt.Sprintf(`{"sender":"Alex","text":"hi","room":"a","timestamp":1721433600000,"seq":%d}`, seq)
}

func TestEachMessageIsDeliveredOnceAndMissingOnesAreReportedAsAGap(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := connect(t, open, "")
		p.expect(join(1, "e:5"))
		p.send(message(9), joined(1, "e", 7, true), message(6), message(6), message(7), message(3))
		p.send(`{"sender":`, `null`, `7`, `"a"`, `[]`, ``, `{"room":"a"}`, `{"room":"a","seq":"8"}`, `{"id":99}`, `{"room":"b","seq":9}`)
		p.send(message(10), `{"type":"gap","room":"a","from":11,"to":20,"epoch":"e"}`, message(20), message(21))
		p.js.Until(`room.position === "e:21"`)
		p.close(1006, "")
		p.accept()
		p.expect(join(2, "e:21"))
		p.send(joined(2, "f", 9, false), `{"type":"gap","room":"a","from":1,"to":7,"epoch":"f"}`, message(8), message(9))
		p.js.Until(`room.position === "f:9"`)
		assert.Equal(t, []string{
			"6 hi", "7 hi", "lost 8 to 9", "10 hi", "lost 11 to 20", "21 hi", "lost 1 to 7 in a new epoch", "8 hi", "9 hi",
		}, pagetest.Evaluate[[]string](p.js, `events`))
	})
}

func TestACommandWithoutAResponseIsRejectedAsUnknownAndNotSentAgain(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := connect(t, open, "")
		p.expect(join(1, "e:5"))
		p.send(joined(1, "e", 5, true))
		p.js.Until(`room.joined`)
		p.run(`window.codes = []; room.publish("once").catch(({ code }) => codes.push(code))`)
		p.expect(`{"type":"publish","text":"once","room":"a","id":2}`)
		p.close(1006, "")
		p.js.Until(`codes.join() === "unknown"`)
		p.accept()
		p.expect(join(3, "e:5"))
		p.send(joined(3, "e", 5, true))
		p.js.Until(`room.joined`)
		p.run(`room.publish("twice")`)
		p.expect(`{"type":"publish","text":"twice","room":"a","id":4}`)
	})
}

func TestEventsAndDataArePublishedAndReceived(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := connect(t, open, "")
		p.expect(join(1, "e:5"))
		p.send(joined(1, "e", 5, true))
		p.js.Until(`room.joined`)
		p.run(`room.publish({ event: "paid", data: { order: 7, rest: null }, type: "leave", room: "b" })`)
		p.expect(`{"type":"publish","event":"paid","data":{"order":7,"rest":null},"room":"a","id":2}`)
		p.run(`room.publish({ text: "hi", data: null })`)
		p.expect(`{"type":"publish","text":"hi","data":null,"room":"a","id":3}`)
		p.run(`room.onmessage = ({ text, event, data }) => { window.got = [text === undefined, event, data.order]; }`)
		p.send(`{"sender":"Alex","event":"paid","data":{"order":7},"room":"a","timestamp":1721433600000,"seq":6}`)
		p.js.Until(`window.got?.join() === "true,paid,7"`)
	})
}

func TestRefreshRenewsTheTokenAndLeavesTheRoomsThatItForbids(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := connect(t, open, "")
		p.expect(join(1, "e:5"))
		p.send(joined(1, "e", 5, true))
		p.js.Until(`room.joined`)
		p.run(`window.results = []; room.onerror = ({ code }) => results.push("left " + code); p.refresh("new").then(() => results.push("refreshed"))`)
		p.expect(`{"type":"refresh","token":"new","id":2}`)
		p.send(`{"type":"left","room":"b","code":"not_allowed"}`, `{"type":"left","room":"a","code":"not_allowed"}`, `{"type":"refreshed","id":2}`)
		p.js.Until(`results.join() === "left not_allowed,refreshed" && !room.joined`)
		p.run(`p.refresh("other").catch(({ code }) => results.push(code))`)
		p.expect(`{"type":"refresh","token":"other","id":3}`)
		p.send(`{"type":"error","id":3,"code":"bad_token","message":"no"}`)
		p.js.Until(`results.at(-1) === "bad_token"`)
		p.run(`room.publish("gone").catch(({ code }) => results.push(code))`)
		p.js.Until(`results.at(-1) === "not_allowed"`)
	})
}

func TestAnExceptionInAHandlerLosesNoMessages(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := connect(t, open, "")
		p.expect(join(1, "e:5"))
		p.run(`
			window.errors = [];
			window.onerror = (text) => { errors.push(text); return true; };
			room.onjoin = room.ongap = () => { throw new Error("of the program"); };
		`)
		p.send(joined(1, "e", 9, true), message(9))
		p.js.Until(`events.join() === "9 hi" && errors.length === 2`)
	})
}

func TestAConnectionWithoutAResponseIsReplaced(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := connect(t, open, stopped)
		p.expect(join(1, "e:5")) // the peer does not respond
		p.run(`timers.at(-1)()`)
		p.accept()
		p.expect(join(2, "e:5"))
		p.send(joined(2, "e", 5, true))
		p.js.Until(`room.joined && states.some(({ state, reason }) => state === "waiting" && reason === "No answer")`)
		p.run(`timers.at(-1)(); timers.at(-1)()`) // a frame was received before the first timeout, none before the second
		p.expect(`{"type":"ping","id":3}`)
		p.send(`{"type":"pong","id":3,"timestamp":1}`, message(6))
		p.js.Until(`room.seq === 6`)
		p.run(`timers.at(-1)(); timers.at(-1)()`)
		p.expect(`{"type":"ping","id":4}`)
		p.run(`timers.at(-1)()`)
		p.accept()
	})
}

func TestTheReconnectDelayDependsOnTheCloseCodeAndGrows(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := connect(t, open, stopped)
		for i, c := range []struct {
			code   int
			reason string
			wait   float64
		}{
			{1006, "", .99 * 250},
			{1006, "", .99 * 500},
			{1011, "Internal error", .99 * 1000},
			{1012, "Restarting; retry in 7654 ms", 7654},
			{1012, "Restarting; retry in 99999999999 ms", 300_000},
			{1012, "", .99 * 8000},
			{1013, "Too slow", 1000 + .99*16_000},
			{1013, "retry in 4321 ms", 4321},
			{1008, "Rate limit", 1000 + .99*30_000},
			{1000, "", .99 * 30_000},
			{1009, "message too big", .99 * 30_000},
		} {
			p.expect(join(i+1, "e:5"))
			p.close(c.code, c.reason)
			p.accept()
			waits := pagetest.Evaluate[[]float64](p.js, `waits`)
			assert.InDelta(t, c.wait, waits[i], .001, "%d %s", c.code, c.reason)
			assert.Len(t, waits, i+1)
		}
		p.expect(join(12, "e:5")) // so plenum.js has opened the connection, too
		p.run(`now = 5_001`)
		p.close(1006, "")
		p.accept()
		assert.InDelta(t, .99*250, pagetest.Evaluate[float64](p.js, `waits.at(-1)`), .001, "the last connection was stable")
		p.close(1008, "Kicked")
		p.js.Until(`states.at(-1).state === "closed" && states.at(-1).reason === "Kicked"`)
	})
}

func TestAReconnectHappensAtOnceWhenTheNetworkIsBackUnlessTheServerAskedToWait(t *testing.T) {
	p := connect(t, pagetest.Browser, `
		const later = setTimeout;
		window.setTimeout = (act, time) => time === 20 ? later(act, time) : 0; // all other timeouts never fire
	`)
	p.close(1006, "")
	p.js.Until(`p.state.state === "waiting"`)
	p.run(`dispatchEvent(new Event("online"))`)
	p.accept()
	p.expect(join(2, "e:5"))
	p.run(`dispatchEvent(new Event("online"))`) // the network may have changed, so plenum.js checks the connection
	p.expect(`{"type":"ping","id":3}`)
	p.close(1006, "")
	p.js.Until(`p.state.state === "waiting"`)
	p.run(`document.dispatchEvent(new Event("visibilitychange"))`)
	p.accept()
	p.close(1012, "Restarting; retry in 60000 ms")
	p.js.Until(`p.state.state === "waiting" && Math.abs(p.state.until - Date.now() - 60_000) < 5_000`)
	p.run(`dispatchEvent(new Event("online")); window.tried = p.state.state`)
	p.js.Until(`tried === "waiting"`)
	p.run(`p.retry()`)
	p.accept()
}
