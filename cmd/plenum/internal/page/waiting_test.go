package page_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/cmd/plenum/internal/page/pagetest"
)

// publish is the command publish with the id n.
func publish(n int, text string) string {
	return fmt.Sprintf(`{"type":"publish","text":%q,"room":"a","id":%d}`, text, n)
}

// noting defines note, which appends a promise's value or error code to ends.
const noting = `
	window.ends = [];
	window.note = (promise) => promise.then((value) => ends.push(value), ({ code }) => ends.push(code));
`

func TestACommandWaitsForTheConnectionAndTheRoom(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := connect(t, open, noting)
		p.expect(join(1, "e:5"))
		p.run(`note(room.publish("a")); note(room.members())`)
		p.close(1012, "Restarting; retry in 60000 ms")
		p.js.Until(`p.state.state === "waiting"`)
		p.run(`note(room.publish("b")); room.onjoin = () => { note(room.publish("c")); }; p.retry()`)
		p.accept()
		p.expect(join(5, "e:5"))
		p.send(joined(5, "e", 5, true))
		p.expect(publish(2, "a"))
		p.expect(`{"type":"members","cursor":"","room":"a","id":3}`)
		p.expect(publish(4, "b"))
		p.expect(publish(6, "c"))
		p.send(`{"type":"published","id":4,"room":"a","seq":7}`, `{"type":"published","id":2,"room":"a","seq":6}`)
		p.js.Until(`ends.length === 2`)
		p.close(1006, "")
		p.js.Until(`ends.length === 4`)
		assert.Equal(t, []any{7., 6., "unknown", "unknown"}, pagetest.Evaluate[[]any](p.js, `ends`), "commands are not sent twice")
		p.accept()
		p.expect(join(7, "e:5"))
		p.run(`room.onjoin = () => note(room.publish("d"))`)
		p.send(joined(7, "e", 5, true))
		p.expect(publish(8, "d"))
	})
}

func TestUnsentCommandsAreRejectedWhenTheRoomIsLeft(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := connect(t, open, noting)
		p.expect(join(1, "e:5"))
		p.run(`note(room.publish("a")); room.leave(); note(room.publish("b"))`)
		p.expect(`{"type":"leave","room":"a","id":3}`)
		p.run(`room = p.join("a"); room.onerror = ({ code }) => ends.push("onerror " + code); note(room.publish("c"))`)
		p.expect(`{"type":"join","room":"a","id":4}`)
		p.send(`{"type":"error","id":1,"code":"cancelled","message":"left"}`, `{"type":"left","id":3,"room":"a"}`)
		p.send(`{"type":"error","id":4,"code":"bus","message":"the bus is away"}`)
		p.js.Until(`ends.length === 4`)
		p.run(`note(room.publish("d")); room = p.join("a"); note(room.publish("e"))`)
		p.expect(`{"type":"join","room":"a","id":6}`)
		p.send(joined(6, "e", 5, true))
		p.expect(publish(7, "e"))
		p.run(`note(room.publish("f")); room.leave()`)
		p.expect(publish(8, "f"))
		p.expect(`{"type":"leave","room":"a","id":9}`)
		p.send(`{"type":"left","id":9,"room":"a"}`, `{"type":"published","id":8,"room":"a","seq":7}`, `{"type":"published","id":7,"room":"a","seq":6}`)
		p.js.Until(`ends.length === 7`)
		p.run(`room = p.join("a"); note(room.publish("g")); p.close(); note(room.publish("h")); note(p.join("a").publish("i"))`)
		p.js.Until(`ends.length === 10`) // g was not sent either
		assert.Equal(t, []any{
			"not_joined", "not_joined", "onerror bus", "bus", "bus", 7., 6., "offline", "offline", "offline",
		}, pagetest.Evaluate[[]any](p.js, `ends`))
	})
}

func TestAPermanentRefusalRejectsUnsentCommands(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := connect(t, open, noting)
		p.expect(join(1, "e:5"))
		p.run(`note(room.publish("a")); note(p.join("b").members())`)
		p.close(1008, "Bad name")
		p.js.Until(`ends.join() === "offline,offline" && p.state.state === "closed"`)
	})
}

func TestALeaveCancelsTheEarlierJoinButNotALaterOne(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := connect(t, open, noting)
		p.expect(join(1, "e:5"))
		p.run(`room.onerror = ({ code }) => events.push(code); room.onjoin = () => events.push("joined");
			room.leave();
			const again = p.join("a");
			again.onmessage = room.onmessage; again.onerror = room.onerror; again.onjoin = () => events.push("joined again");
			note(again.publish("b"))`)
		p.expect(`{"type":"leave","room":"a","id":2}`)
		p.expect(`{"type":"join","room":"a","id":3}`)
		p.send(`{"type":"error","id":1,"code":"cancelled","message":"left"}`, `{"type":"left","id":2,"room":"a"}`)
		p.send(joined(3, "e", 5, false), message(6))
		p.expect(publish(4, "b"))
		p.js.Until(`events.join() === "joined again,6 hi"`)
	})
}

func TestARoomLeftBeforeAReconnectIsNotJoinedAgain(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := connect(t, open, noting)
		p.expect(join(1, "e:5"))
		p.run(`room.leave(); p.join("b")`)
		p.close(1006, "")
		p.accept()
		p.expect(`{"type":"join","room":"b","id":4}`)
	})
}

func TestARoomThatIsRefusedTemporarilyIsJoinedAgain(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := connect(t, open, stopped+noting)
		p.expect(join(1, "e:5"))
		p.send(joined(1, "e", 5, true), message(6))
		p.js.Until(`room.joined && events.length`)
		p.run(`room.onerror = ({ code }) => events.push(code)`)
		p.close(1006, "")
		p.accept()
		p.expect(join(2, "e:6"))
		p.run(`note(room.publish("a"))`)
		p.send(`{"type":"error","id":2,"code":"bus","message":"the bus is away"}`)
		p.expect(join(4, "e:6"))
		p.send(joined(4, "e", 7, true), message(7))
		p.expect(publish(3, "a"))
		assert.Equal(t, []float64{.99 * 250, 5000}, pagetest.Evaluate[[]float64](p.js, `waits`))
		p.close(1006, "")
		p.accept()
		p.expect(join(5, "e:7"))
		p.send(`{"type":"error","id":5,"code":"not_allowed","message":"no"}`)
		p.js.Until(`events.join() === "6 hi,7 hi,not_allowed"`)
	})
}

func TestTheResponseToPublishMayPrecedeOrFollowTheMessage(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := connect(t, open, noting)
		p.expect(join(1, "e:5"))
		p.run(`note(room.publish("a")); note(room.publish("b"))`)
		p.send(joined(1, "e", 5, true))
		p.expect(publish(2, "a"))
		p.expect(publish(3, "b"))
		p.send(message(6), `{"type":"published","id":2,"room":"a","seq":6}`, `{"type":"published","id":3,"room":"a","seq":7}`, message(7))
		p.js.Until(`ends.join() === "6,7" && events.join() === "6 hi,7 hi"`)
	})
}

func TestAtMost1000CommandsWaitForAResponseAndLeaveIsAlwaysPossible(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		const limit = 1000
		p := connect(t, open, noting)
		p.expect(join(1, "e:5"))
		p.run(`for (let n = 0; n < 999; n++) room.publish("a").catch(() => {}); note(room.publish("b"))`)
		p.js.Until(`ends.join() === "busy"`)
		p.send(joined(1, "e", 5, true))
		p.js.Until(`room.joined`)
		p.run(`room.publish("a").catch(() => {}); note(room.publish("b")); room.leave()`)
		p.js.Until(`ends.join() === "busy,busy"`)
		for n := range limit {
			p.expect(publish(2+n, "a"))
		}
		p.expect(fmt.Sprintf(`{"type":"leave","room":"a","id":%d}`, 2+limit))
	})
}

func TestAFailedHandshakeIsRetriedSoon(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := connect(t, open, stopped+`
			const working = WebSocket;
			let failures = 2;
			window.WebSocket = class extends working {
				constructor(url, ...rest) { super(failures-- > 0 ? new URL("/nowhere", url) : url, ...rest); }
			};
		`)
		p.expect(join(1, "e:5"))
		assert.Equal(t, []float64{.99 * 250, .99 * 500}, pagetest.Evaluate[[]float64](p.js, `waits`))
		assert.Equal(t, []string{"waiting 1006", "waiting 1006"},
			pagetest.Evaluate[[]string](p.js, `states.filter(({ state }) => state === "waiting").map(({ state, code }) => state + " " + code)`))
	})
}
