package suite

import (
	"fmt"
	"time"
)

// Published returns the entries of the published set. Entries of one ladder of rates are in
// rising order.
//
// The repeats follow from the spread of earlier sets, which is the range divided by the median. It was 14 to 50 % for most
// latencies and throughputs, more for the p99 of many small rooms, and 5 % for memory.
func Published() []Entry {
	const short = 4 * time.Second
	brief := []string{"--warmup", "1s"}
	// Long enough for 100 messages. With fewer, the completion p99 would be the maximum.
	fanLarge := Entry{ID: "fan-large", Scenario: "fan-large", Duration: 20 * time.Second, Flags: brief, Variants: true, Takes: 23 * time.Second, Why: every}
	saturate := Entry{ID: "saturate", Scenario: "saturate", Duration: 2 * time.Second, Flags: brief, Takes: 36 * time.Second, Why: every}
	roomsSmall := Entry{ID: "rooms-small", Scenario: "rooms-small", Duration: short, Flags: brief, Takes: 9 * time.Second, Why: every}
	// 15 s is one ping period, so each connection gets one ping during the last step.
	idle := Entry{
		ID: "idle", Scenario: "idle", Duration: 15 * time.Second, Fixed: true, Variants: true, Untuned: true, Repeats: 3, Takes: 34 * time.Second,
		Flags: []string{"--settle", "3s", "--early", "1s", "--connections", "2000,10000,19000"},
		Why:   untuned + "; memory spreads by 5 %",
	}
	connect := Entry{
		ID: "connect", Scenario: "connect", Duration: short, Echo: true, Fixed: true, Untuned: true, Takes: 14 * time.Second, Why: untuned,
	}
	all := []Entry{
		fanLarge, fanHot(200), fanHot(1000),
		fanHot(4000).on("the others fail at 1,000 messages per second", "gws", "gorilla-tuned", "centrifuge", "centrifuge-tuned", "centrifugo", "axum", "axum-tuned", "vertx"),
		fanHot(10000).on("the others fail at 4,000 messages per second", "axum-tuned"),
		saturate, roomsSmall,
		{ID: "many", Scenario: "many", Duration: short, Flags: brief, Topics: true, Untuned: true, Takes: 7 * time.Second, Why: "servers with a route for connections in many rooms"},
		{ID: "zipf", Scenario: "zipf", Duration: short, Flags: brief, Untuned: true, Takes: 10 * time.Second, Why: untuned},
		{ID: "churn", Scenario: "churn", Duration: short, Flags: brief, Untuned: true, Takes: 9 * time.Second, Why: untuned},
		{ID: "echo", Scenario: "echo", Duration: short, Flags: brief, Echo: true, Untuned: true, Takes: 7 * time.Second, Why: untuned},
		slow("slow", "0.1", 5, every),
		slow("slow-none", "0", 3, "what slow is compared with"),
		size("20", 20), size("200", 200), size("1k", 1<<10), size("16k", 16<<10),
		idle, connect,
		// No steady part: with TLS handshakes on the client's machine, its rate is not reached.
		{ID: "connect-storm", Scenario: "connect", Duration: short, Echo: true, Fixed: true, Variants: true, PlenumOnly: true, Takes: 4 * time.Second,
			Flags: []string{"--rate", "0"}, Why: onlyPlenum},
		// A server with compression does not compress the 128 bytes of fan-large.
		{ID: "fan-large-1k", Scenario: "fan-large", Duration: 20 * time.Second, Variants: true, PlenumOnly: true, Takes: 24 * time.Second,
			Flags: append([]string{"--payload", "1024", "--words"}, brief...), Why: onlyPlenum},
	}
	for _, e := range []Entry{fanLarge, fanHot(1000), saturate, roomsSmall, idle, connect} {
		all = append(all, loops1(e))
	}
	return append(all, Entry{
		ID: "hour", Scenario: "hour", Duration: time.Hour, Flags: []string{"--warmup", "10s"}, Once: true, Takes: time.Hour + 20*time.Second,
		Servers: []string{"plenum", "bun", "centrifugo"}, Why: "plenum, the fastest peer of most entries, and the other server with histories; once, because it takes an hour",
	})
}

// Values of Entry.Why. Some entries are without the tuned peers, because the settings of these do not affect the figures.
const (
	every      = "all servers"
	untuned    = "without the tuned peers"
	onlyPlenum = "plenum with TLS and with compression"
)

// on returns e for plenum, Bun and uWebSockets, and for the named servers only. why is the reason for that.
func (e Entry) on(why string, names ...string) Entry {
	e.Servers, e.Why = append([]string{"plenum", "plenum-again", "bun", "bun-tuned", "uws", "uws-tuned"}, names...), why
	return e
}

// loops1 returns e with a generator of one loop. The ranking of the servers can depend on the number of the generator's
// loops. The entry only has to show whether it does, so three repeats without the tuned peers are enough. The exceptions:
//
//   - uws-tuned is measured if its setting decides whether uWebSockets fails, because that changes the ranking.
//   - axum-tuned is measured in saturate, because it may be the next best or the best.
//   - rooms-small, whose latencies spread most, has as many repeats as e.
//   - idle has two repeats, because memory spreads least.
func loops1(e Entry) Entry {
	switch e.ID {
	case "rooms-small":
	case "idle":
		e.Repeats = 2
	default:
		e.Repeats = 3
	}
	e.Why = "whether the order depends on the client: " + untuned
	if e.ID == "fan-hot-1000" || e.ID == "saturate" {
		e.Tuned = []string{"uws-tuned"}
		e.Why += ", but with uws-tuned, because uws closes members that cannot follow for a moment"
	}
	if e.ID == "saturate" {
		e.Tuned = append(e.Tuned, "axum-tuned")
		e.Why += ", and with axum-tuned, one of the fastest"
	}
	e.Flags = append(append([]string{}, e.Flags...), "--loops", "1")
	e.ID, e.LadderRate, e.Variants, e.Untuned = e.ID+"-loops1", 0, false, true
	return e
}

// fanHot is one busy room with rate messages per second, a step of the ladder.
func fanHot(rate int) Entry {
	return Entry{
		ID: fmt.Sprintf("fan-hot-%d", rate), Scenario: "fan-hot", LadderRate: rate, Duration: 4 * time.Second, Why: every,
		Flags: []string{"--warmup", "1s", "--rate", fmt.Sprint(rate)}, Takes: min(20, time.Duration(8+rate/500)) * time.Second,
	}
}

// slow is a room in which a share of the members stops reading: stopped, from 0 to 1. The server sends each
// member 24 MB. That is more than the kernel's buffers and the largest send buffer of a member in any of the servers,
// which is 16 MiB. axum-tuned, whose members of a room share a queue of 32 MiB, closes no member.
func slow(id, stopped string, repeats int, why string) Entry {
	return Entry{
		ID: id, Scenario: "slow", Duration: 10 * time.Second, Repeats: repeats, Takes: 15 * time.Second, Why: why,
		Flags: []string{"--stopped", stopped, "--payload", "4096"},
	}
}

// size is one room with messages of bytes bytes. Every size has 10,000 deliveries per second. The slowest servers need 50 µs of
// processor time per delivery, so all servers sustain that rate. At 16 KiB it is 164 MB per second, for whose copies the
// kernel needs less than one core.
func size(name string, bytes int) Entry {
	return Entry{
		ID: "size-" + name, Scenario: "fan-hot", Duration: 4 * time.Second, Untuned: true, Repeats: 3, Takes: 7 * time.Second,
		Flags: []string{"--members", "200", "--rate", "50", "--payload", fmt.Sprint(bytes), "--warmup", "1s"},
		Why:   untuned + ", at a load that all of them carry",
	}
}
