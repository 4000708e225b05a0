package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/page/pagetest"
)

// entry is an entry of a trace: a state of plenum.js, or an event in a room.
type entry struct {
	State, Reason string
	Code          int
	// in milliseconds of the page's clock
	At, ClosedAt, Until float64

	Type, Room, Epoch, Text string
	Sender                  string
	Seq, From, To           int
	NewEpoch, Recovered     bool
}

// listening defines listen, which creates a Plenum with these options and joins the rooms. It records all states and events
// in trace. closedAt is the time of a socket's close event, at which Plenum starts its timers. A listener that runs before
// Plenum's records it, because on a busy machine onstate may be called much later.
const listening = `
	let closedAt;
	window.WebSocket = class extends WebSocket {
		constructor(...to) {
			super(...to);
			this.addEventListener("close", () => { closedAt = Date.now(); });
		}
	};
	window.listen = (options, names) => {
		const plenum = new Plenum({ ...window.options, ...options }), trace = [];
		plenum.onstate = (state) => trace.push({ ...state, at: Date.now(), closedAt });
		const rooms = names.map((name) => {
			const room = plenum.join(name, { history: true });
			room.onjoin = (joined) => trace.push({ ...joined });
			room.ongap = (gap) => trace.push({ type: "gap", ...gap });
			room.onmessage = ({ sender, text, seq }) => trace.push({ type: "message", room: name, epoch: room.epoch, seq, sender, text });
			room.onerror = ({ code }) => trace.push({ type: "error", room: name, text: code });
			return room;
		});
		return { plenum, rooms, trace };
	};
`

// openScript imports plenum.js in a page of another origin, or in Node. serve starts the server for the page's origin, and
// returns the server's URL.
func openScript(t *testing.T, open pagetest.Open, speed int, serve func(origin string) (url string)) pagetest.Runtime {
	t.Helper()
	var address string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pagetest.Module(address+"/plenum.js", speed)(w, r)
	}))
	t.Cleanup(other.Close)
	address = serve(other.URL)
	js := open(t, other.URL, address+"/plenum.js", speed)
	pagetest.Evaluate[bool](js, `(() => {`+listening+`return true; })()`)
	return js
}

func TestPlenumJSJoinsPublishesAndLeaves(t *testing.T) {
	t.Parallel()
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		js := openScript(t, open, 1, func(origin string) string {
			return start(t, "--origins="+origin, "--announce-limit=-1", "--max-rooms-per-conn=2").url
		})
		results := pagetest.Evaluate[[]string](js, `(async () => {
			const { plenum, rooms: [a], trace } = listen({ name: "Alex" }, ["a"]);
			const results = [], record = (value) => results.push(value);
			const code = (promise) => promise.then(() => "no error", (error) => error.code);
			const until = async (met) => { while (!met()) await new Promise((soon) => setTimeout(soon, 5)); };
			record("published " + await a.publish("hi"));
			await until(() => a.seq === 1);
			record((await a.members()).members.join());
			record("the same " + (plenum.join("a") === a));
			record(await code(a.publish(7)));
			record(await code(a.publish()));
			const b = plenum.join(""), c = plenum.join("c");
			c.onerror = (error) => record(c.name + " " + error.code);
			await until(() => b.joined && results.length > 5);
			record(b.name);
			a.leave();
			record(await code(a.publish("gone")));
			const old = plenum.join("a", { history: true }), position = await new Promise((events) => old.onmessage = ({ text }) => events(text + " " + old.position));
			record(position);
			plenum.close();
			record(await code(old.publish("closed")));
			record(plenum.state.state);
			return [...results, ...trace.map(({ state, type }) => state ?? type)];
		})()`)
		require.Len(t, results, 16)
		assert.Regexp(t, `^hi \w+:1$`, results[8])
		results[8] = "hi"
		assert.Equal(t, []string{
			"published 1", "Alex", "the same true", "bad_command", "bad_command", "c too_many_rooms", "general",
			"not_joined", "hi", "offline", "closed",
			"connecting", "open", "joined", "message", "closed",
		}, results)
	})
}

// Node may deliver many frames before code that awaits a response continues.
func TestPlenumJSReceivesTheHistoryOfManyRooms(t *testing.T) {
	t.Parallel()
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		const rooms, perRoom = 20, 10
		var s *testServer
		js := openScript(t, open, 1, func(origin string) string {
			s = start(t, "--origins="+origin, "--announce-limit=-1")
			return s.url
		})
		for n := range rooms * perRoom {
			require.True(t, (&poster{texts: map[position]string{}}).publish(s.url, fmt.Sprint("room", n%rooms), fmt.Sprint(n/rooms)))
		}
		pagetest.Evaluate[bool](js, fmt.Sprintf(`(window.a = listen({}, Array.from({ length: %d }, (_, n) => "room" + n)), true)`, rooms))
		js.Until(fmt.Sprintf(`a.rooms.every(({ seq }) => seq === %d)`, perRoom))
		entries := pagetest.Evaluate[[]entry](js, `a.trace.filter(({ type }) => type)`)
		next := map[string]int{}
		for _, h := range entries {
			if h.Type == "joined" {
				assert.Equal(t, perRoom, h.Seq)
				continue
			}
			require.Equal(t, "message", h.Type, "%+v", h)
			require.Equal(t, fmt.Sprint(next[h.Room]), h.Text)
			next[h.Room]++
		}
		assert.Len(t, entries, rooms*(perRoom+1))
		pagetest.Evaluate[bool](js, `(a.plenum.close(), true)`)
	})
}

// Commands sent at once arrive in one packet. In a cluster the room is not open yet when the server reads the leave.
func TestPlenumJSLeavesAndJoinsAtOnce(t *testing.T) {
	t.Parallel()
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		js := openScript(t, open, 1, func(origin string) string {
			return start(t, "--origins="+origin, "--announce-limit=-1").url
		})
		leavesAndJoinsAtOnce(t, js)
	})
}

func leavesAndJoinsAtOnce(t *testing.T, js pagetest.Runtime) {
	t.Helper()
	assert.Equal(t, []string{"not_joined", "hi"}, pagetest.Evaluate[[]string](js, `(async () => {
		const { plenum, rooms: [first] } = listen({}, ["first"]), events = [];
		await first.publish("the connection is open");
		const before = plenum.join("x");
		before.onerror = before.onjoin = before.onmessage = () => events.push("a handler of the first join was called");
		before.publish("never").catch(({ code }) => events.push(code));
		before.leave();
		const room = plenum.join("x");
		room.onerror = ({ code }) => events.push(code);
		room.onmessage = ({ text }) => events.push(text);
		await room.publish("hi");
		while (room.seq === 0) await new Promise((soon) => setTimeout(soon, 5));
		if ((await room.members()).members.length !== 1) events.push("not one member");
		plenum.close();
		return events;
	})()`))
}

func TestPlenumJSResumesAfterLostConnections(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		const cuts, history, missed = 10, 50, 80
		var s *testServer
		js := openScript(t, open, 20, func(origin string) string {
			s = start(t, "--origins="+origin, "--announce-limit=-1", fmt.Sprint("--history-messages=", history))
			return s.url
		})
		r := relayTo(t, s.url)
		pagetest.Evaluate[bool](js, fmt.Sprintf(`(window.a = listen({ url: %q }, ["a"]), true)`, r.url+"/ws"))
		js.Until(`a.rooms[0].joined`)
		published := 0
		publishes := func(n int) {
			for range n {
				published++
				require.True(t, (&poster{texts: map[position]string{}}).publish(s.url, "a", fmt.Sprint(published)))
			}
		}
		hasAll := func() { js.Until(fmt.Sprintf(`a.rooms[0].joined && a.rooms[0].seq === %d`, published)) }
		for range cuts {
			publishes(3)
			r.cut()
			publishes(10)
			hasAll()
		}
		r.disconnect()
		js.Until(`a.plenum.state.state === "waiting"`)
		publishes(missed)
		r.restore()
		hasAll()

		next, recovered := 1, 0
		for _, h := range pagetest.Evaluate[[]entry](js, `a.trace`) {
			switch h.Type {
			case "joined":
				if h.Recovered {
					recovered++
				}
			case "gap":
				assert.Equal(t, entry{Type: "gap", Room: "a", Epoch: h.Epoch, From: published - missed + 1, To: published - history}, h)
				next = h.To + 1
			case "message":
				require.Equal(t, fmt.Sprint(next), h.Text)
				require.Equal(t, next, h.Seq)
				next++
			}
		}
		assert.Equal(t, published+1, next)
		assert.GreaterOrEqual(t, recovered, cuts)
		pagetest.Evaluate[bool](js, `(a.plenum.close(), true)`)
	})
}

func TestPlenumJSSignsInWithATokenAndWithANewOneWhenItExpires(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	pagetest.InBrowserAndNode(t, func(t *testing.T, open pagetest.Open) {
		js := openScript(t, open, 1, func(origin string) string { return startSignedIn(t, "--origins="+origin).url })
		lasting := tokenFor(t, nil)
		for options, reason := range map[string]string{
			`{}`:                           "Missing token",
			`{ token: "a.b.c" }`:           "Invalid token",
			`{ token: async () => "a.b" }`: "Invalid token",
		} {
			end := pagetest.Evaluate[entry](js, `new Promise((ended) => {
				new Plenum({ ...window.options, ...`+options+` }).onstate = (state) => { if (state.state === "closed") ended(state); };
			})`)
			assert.Equal(t, entry{State: "closed", Code: 1008, Reason: reason}, end)
		}

		short := tokenFor(t, func(id *auth.Identity) { id.Expires = time.Now().Add(life) })
		pagetest.Evaluate[bool](js, fmt.Sprintf(`(() => {
			const tokens = [%q, %q];
			window.once = listen({ token: tokens[0] }, ["a"]);
			window.again = listen({ token: () => tokens.shift() }, ["a"]);
			return true;
		})()`, short, lasting))
		js.Until(`again.rooms[0].joined`)
		pagetest.Evaluate[int](js, `again.rooms[0].publish("hi")`)
		js.Until(`once.plenum.state.code === 4001 && once.plenum.state.state === "closed" && once.plenum.state.reason === "Token expired"`)
		js.Until(`again.trace.filter(({ type }) => type === "joined").length === 2`)
		js.Until(`again.trace.find(({ state }) => state === "waiting").reason === "Token expired"`)
		js.Until(`again.trace.filter(({ type }) => type === "message").length === 1 && again.trace.at(-1).recovered`)
		pagetest.Evaluate[bool](js, `(again.plenum.close(), true)`)
	})
}
