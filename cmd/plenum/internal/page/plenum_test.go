package page_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/cmd/plenum/internal/page/pagetest"
)

// join is what a Plenum says first, with its nth command.
func join(n int, since string) string {
	return fmt.Sprintf(`{"type":"join","since":%q,"room":"a","id":%d}`, since, n)
}

func joined(n int, epoch string, seq int, recovered bool) string {
	return fmt.Sprintf(`{"type":"joined","id":%d,"room":"a","epoch":%q,"seq":%d,"members":1,"recovered":%t}`, n, epoch, seq, recovered)
}

func message(seq int) string {
	return fmt.Sprintf(`{"sender":"Alex","text":"hi","room":"a","timestamp":1721433600000,"seq":%d}`, seq)
}

func TestEachMessageIsToldOnceAndAHoleIsTold(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := meet(t, open, "")
		p.hears(join(1, "e:5"))
		p.says(message(9), joined(1, "e", 7, true), message(6), message(6), message(7), message(3))
		p.says(`{"sender":`, `null`, `7`, `"a"`, `[]`, ``, `{"room":"a"}`, `{"room":"a","seq":"8"}`, `{"id":99}`, `{"room":"b","seq":9}`)
		p.says(message(10), `{"type":"gap","room":"a","from":11,"to":20,"epoch":"e"}`, message(20), message(21))
		p.js.Until(`room.place === "e:21"`)
		p.closes(1006, "")
		p.isCalled()
		p.hears(join(2, "e:21"))
		p.says(joined(2, "f", 9, false), `{"type":"gap","room":"a","from":1,"to":7,"epoch":"f"}`, message(8), message(9))
		p.js.Until(`room.place === "f:9"`)
		assert.Equal(t, []string{
			"6 hi", "7 hi", "lost 8 to 9", "10 hi", "lost 11 to 20", "21 hi", "lost 1 to 7 anew", "8 hi", "9 hi",
		}, pagetest.Evaluate[[]string](p.js, `told`))
	})
}

func TestWhatHasNoAnswerIsUnknownAndNotSentAgain(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := meet(t, open, "")
		p.hears(join(1, "e:5"))
		p.says(joined(1, "e", 5, true))
		p.js.Until(`room.here`)
		p.does(`window.codes = []; room.publish("once").catch(({ code }) => codes.push(code))`)
		p.hears(`{"type":"publish","text":"once","room":"a","id":2}`)
		p.closes(1006, "")
		p.js.Until(`codes.join() === "unknown"`)
		p.isCalled()
		p.hears(join(3, "e:5"))
		p.says(joined(3, "e", 5, true))
		p.js.Until(`room.here`)
		p.does(`room.publish("twice")`)
		p.hears(`{"type":"publish","text":"twice","room":"a","id":4}`)
	})
}

func TestAHandlersFaultLosesNothing(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := meet(t, open, "")
		p.hears(join(1, "e:5"))
		p.does(`
			window.faults = [];
			window.onerror = (text) => { faults.push(text); return true; };
			room.onjoin = room.ongap = () => { throw new Error("of the program"); };
		`)
		p.says(joined(1, "e", 9, true), message(9))
		p.js.Until(`told.join() === "9 hi" && faults.length === 2`)
	})
}

func TestAConnectionOnWhichNoAnswerComesIsLeft(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := meet(t, open, stopped)
		p.hears(join(1, "e:5")) // and it does not answer
		p.does(`timers.at(-1)()`)
		p.isCalled()
		p.hears(join(2, "e:5"))
		p.says(joined(2, "e", 5, true))
		p.js.Until(`room.here && states.some(({ state, reason }) => state === "waiting" && reason === "No answer")`)
		p.does(`timers.at(-1)(); timers.at(-1)()`) // something was heard; then nothing was
		p.hears(`{"type":"ping","id":3}`)
		p.says(`{"type":"pong","id":3,"timestamp":1}`, message(6))
		p.js.Until(`room.seq === 6`)
		p.does(`timers.at(-1)(); timers.at(-1)()`)
		p.hears(`{"type":"ping","id":4}`)
		p.does(`timers.at(-1)()`)
		p.isCalled()
	})
}

func TestItComesBackWhenItShould(t *testing.T) {
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		p := meet(t, open, stopped)
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
			p.hears(join(i+1, "e:5"))
			p.closes(c.code, c.reason)
			p.isCalled()
			waits := pagetest.Evaluate[[]float64](p.js, `waits`)
			assert.InDelta(t, c.wait, waits[i], .001, "%d %s", c.code, c.reason)
			assert.Len(t, waits, i+1)
		}
		p.hears(join(12, "e:5")) // it is open there, too
		p.does(`now = 5_001`)
		p.closes(1006, "")
		p.isCalled()
		assert.InDelta(t, .99*250, pagetest.Evaluate[float64](p.js, `waits.at(-1)`), .001, "the connection had lasted")
		p.closes(1008, "Kicked")
		p.js.Until(`states.at(-1).state === "closed" && states.at(-1).reason === "Kicked"`)
	})
}

func TestANetworkThatComesBackIsTriedAtOnceUnlessTheServerHasSaidWhen(t *testing.T) {
	p := meet(t, pagetest.Browser, `
		const later = setTimeout;
		window.setTimeout = (act, time) => time === 20 ? later(act, time) : 0; // others are waited for for ever
	`)
	p.closes(1006, "")
	p.js.Until(`p.state.state === "waiting"`)
	p.does(`dispatchEvent(new Event("online"))`)
	p.isCalled()
	p.hears(join(2, "e:5"))
	p.does(`dispatchEvent(new Event("online"))`) // the network may be another one
	p.hears(`{"type":"ping","id":3}`)
	p.closes(1006, "")
	p.js.Until(`p.state.state === "waiting"`)
	p.does(`document.dispatchEvent(new Event("visibilitychange"))`)
	p.isCalled()
	p.closes(1012, "Restarting; retry in 60000 ms")
	p.js.Until(`p.state.state === "waiting" && Math.abs(p.state.until - Date.now() - 60_000) < 5_000`)
	p.does(`dispatchEvent(new Event("online")); window.tried = p.state.state`)
	p.js.Until(`tried === "waiting"`)
	p.does(`p.retry()`)
	p.isCalled()
}
