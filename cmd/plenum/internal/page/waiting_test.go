package page_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/cmd/plenum/internal/page/pagetest"
)

// published is the command, as the nth of a Plenum.
func published(n int, text string) string {
	return fmt.Sprintf(`{"type":"publish","text":%q,"room":"a","id":%d}`, text, n)
}

// noting has ends keep what becomes of promises, and errors the codes of the rooms' errors.
const noting = `
	window.ends = [];
	window.note = (promise) => promise.then((value) => ends.push(value), ({ code }) => ends.push(code));
`

func TestPublishWaitsForTheConnectionAndTheRoom(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := meet(t, open, noting)
		p.hears(join(1, "e:5"))
		p.does(`note(room.publish("a")); note(room.members())`)
		p.closes(1012, "Restarting; retry in 60000 ms")
		p.js.Until(`p.state.state === "waiting"`)
		p.does(`note(room.publish("b")); room.onjoin = () => { note(room.publish("c")); }; p.retry()`)
		p.isCalled()
		p.hears(join(5, "e:5"))
		p.says(joined(5, "e", 5, true))
		p.hears(published(2, "a"))
		p.hears(`{"type":"members","cursor":"","room":"a","id":3}`)
		p.hears(published(4, "b"))
		p.hears(published(6, "c"))
		p.says(`{"type":"published","id":4,"room":"a","seq":7}`, `{"type":"published","id":2,"room":"a","seq":6}`)
		p.js.Until(`ends.length === 2`)
		p.closes(1006, "")
		p.js.Until(`ends.length === 4`)
		assert.Equal(t, []any{7., 6., "unknown", "unknown"}, pagetest.Evaluate[[]any](p.js, `ends`), "sent, and not again")
		p.isCalled()
		p.hears(join(7, "e:5"))
		p.does(`room.onjoin = () => note(room.publish("d"))`)
		p.says(joined(7, "e", 5, true))
		p.hears(published(8, "d"))
	})
}

func TestWhatWasNotSentWhenARoomIsLeftIsRejected(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := meet(t, open, noting)
		p.hears(join(1, "e:5"))
		p.does(`note(room.publish("a")); room.leave(); note(room.publish("b"))`)
		p.hears(`{"type":"leave","room":"a","id":3}`)
		p.does(`room = p.join("a"); room.onerror = ({ code }) => ends.push("onerror " + code); note(room.publish("c"))`)
		p.hears(`{"type":"join","room":"a","id":4}`)
		p.says(`{"type":"error","id":1,"code":"cancelled","message":"left"}`, `{"type":"left","id":3,"room":"a"}`)
		p.says(`{"type":"error","id":4,"code":"bus","message":"the bus is away"}`)
		p.js.Until(`ends.length === 4`)
		p.does(`note(room.publish("d")); room = p.join("a"); note(room.publish("e"))`)
		p.hears(`{"type":"join","room":"a","id":6}`)
		p.says(joined(6, "e", 5, true))
		p.hears(published(7, "e"))
		p.does(`note(room.publish("f")); room.leave()`)
		p.hears(published(8, "f"))
		p.hears(`{"type":"leave","room":"a","id":9}`)
		p.says(`{"type":"left","id":9,"room":"a"}`, `{"type":"published","id":8,"room":"a","seq":7}`, `{"type":"published","id":7,"room":"a","seq":6}`)
		p.js.Until(`ends.length === 7`)
		p.does(`room = p.join("a"); note(room.publish("g")); p.close(); note(room.publish("h")); note(p.join("a").publish("i"))`)
		p.js.Until(`ends.length === 10`) // g, too, was not sent
		assert.Equal(t, []any{
			"not_joined", "not_joined", "onerror bus", "bus", "bus", 7., 6., "offline", "offline", "offline",
		}, pagetest.Evaluate[[]any](p.js, `ends`))
	})
}

func TestARefusalForGoodRejectsWhatWasNotSent(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := meet(t, open, noting)
		p.hears(join(1, "e:5"))
		p.does(`note(room.publish("a")); note(p.join("b").members())`)
		p.closes(1008, "Bad name")
		p.js.Until(`ends.join() === "offline,offline" && p.state.state === "closed"`)
	})
}

func TestALeaveCancelsTheJoinBeforeItAndNotTheOneBehindIt(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := meet(t, open, noting)
		p.hears(join(1, "e:5"))
		p.does(`room.onerror = ({ code }) => told.push(code); room.onjoin = () => told.push("joined");
			room.leave();
			const again = p.join("a");
			again.onmessage = room.onmessage; again.onerror = room.onerror; again.onjoin = () => told.push("joined again");
			note(again.publish("b"))`)
		p.hears(`{"type":"leave","room":"a","id":2}`)
		p.hears(`{"type":"join","room":"a","id":3}`)
		p.says(`{"type":"error","id":1,"code":"cancelled","message":"left"}`, `{"type":"left","id":2,"room":"a"}`)
		p.says(joined(3, "e", 5, false), message(6))
		p.hears(published(4, "b"))
		p.js.Until(`told.join() === "joined again,6 hi"`)
	})
}

func TestALeaveBeforeAReconnectIsNotJoinedAgain(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := meet(t, open, noting)
		p.hears(join(1, "e:5"))
		p.does(`room.leave(); p.join("b")`)
		p.closes(1006, "")
		p.isCalled()
		p.hears(`{"type":"join","room":"b","id":4}`)
	})
}

func TestARoomThatIsRefusedForAWhileIsJoinedAgain(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := meet(t, open, stopped+noting)
		p.hears(join(1, "e:5"))
		p.says(joined(1, "e", 5, true), message(6))
		p.js.Until(`room.here && told.length`)
		p.does(`room.onerror = ({ code }) => told.push(code)`)
		p.closes(1006, "")
		p.isCalled()
		p.hears(join(2, "e:6"))
		p.does(`note(room.publish("a"))`)
		p.says(`{"type":"error","id":2,"code":"bus","message":"the bus is away"}`)
		p.hears(join(4, "e:6"))
		p.says(joined(4, "e", 7, true), message(7))
		p.hears(published(3, "a"))
		assert.Equal(t, []float64{.99 * 250, 5000}, pagetest.Evaluate[[]float64](p.js, `waits`))
		p.closes(1006, "")
		p.isCalled()
		p.hears(join(5, "e:7"))
		p.says(`{"type":"error","id":5,"code":"not_allowed","message":"no"}`)
		p.js.Until(`told.join() === "6 hi,7 hi,not_allowed"`)
	})
}

func TestAnAnswerAndTheMessageMayComeInEitherOrder(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := meet(t, open, noting)
		p.hears(join(1, "e:5"))
		p.does(`note(room.publish("a")); note(room.publish("b"))`)
		p.says(joined(1, "e", 5, true))
		p.hears(published(2, "a"))
		p.hears(published(3, "b"))
		p.says(message(6), `{"type":"published","id":2,"room":"a","seq":6}`, `{"type":"published","id":3,"room":"a","seq":7}`, message(7))
		p.js.Until(`ends.join() === "6,7" && told.join() === "6 hi,7 hi"`)
	})
}

func TestSoManyWaitForAnAnswerAndARoomCanBeLeftAllTheSame(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		const most = 1000
		p := meet(t, open, noting)
		p.hears(join(1, "e:5"))
		p.does(`for (let n = 0; n < 999; n++) room.publish("a").catch(() => {}); note(room.publish("b"))`)
		p.js.Until(`ends.join() === "busy"`)
		p.says(joined(1, "e", 5, true))
		p.js.Until(`room.here`)
		p.does(`room.publish("a").catch(() => {}); note(room.publish("b")); room.leave()`)
		p.js.Until(`ends.join() === "busy,busy"`)
		for n := range most {
			p.hears(published(2+n, "a"))
		}
		p.hears(fmt.Sprintf(`{"type":"leave","room":"a","id":%d}`, 2+most))
	})
}

func TestAHandshakeThatFailsIsTriedAgainSoon(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := meet(t, open, stopped+`
			const working = WebSocket;
			let failures = 2;
			window.WebSocket = class extends working {
				constructor(url, ...rest) { super(failures-- > 0 ? new URL("/nowhere", url) : url, ...rest); }
			};
		`)
		p.hears(join(1, "e:5"))
		assert.Equal(t, []float64{.99 * 250, .99 * 500}, pagetest.Evaluate[[]float64](p.js, `waits`))
		assert.Equal(t, []string{"waiting 1006", "waiting 1006"},
			pagetest.Evaluate[[]string](p.js, `states.filter(({ state }) => state === "waiting").map(({ state, code }) => state + " " + code)`))
	})
}
