package suite

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Entry is one row of the published set: a scenario and its flags.
type Entry struct {
	ID       string
	Scenario string
	Flags    []string
	Duration time.Duration // to measure
	Fixed    bool          // the duration is a part of what is measured
	Echo     bool          // it goes to the echo route
	Wires    bool          // it is measured encrypted and compressed too
	Own      bool          // and with no peer
	Rung     int           // of a ladder of rates; 0: of none
	Nodes    []int         // it is measured with so many, 0 for one that is alone; nil: with any
}

// Published returns the set, lower rungs before higher ones.
func Published() []Entry {
	const short = 4 * time.Second
	brief := []string{"--warmup", "1s"}
	return []Entry{
		// Long enough for 100 messages: of fewer, p99 of their completion is the worst one.
		{ID: "fan-large", Scenario: "fan-large", Duration: 20 * time.Second, Flags: brief, Wires: true},
		fanHot(200), fanHot(1000), fanHot(4000), fanHot(10000),
		{ID: "saturate", Scenario: "saturate", Duration: 2 * time.Second, Flags: brief},
		{ID: "rooms-small", Scenario: "rooms-small", Duration: short, Flags: brief},
		{ID: "zipf", Scenario: "zipf", Duration: short, Flags: brief},
		{ID: "churn", Scenario: "churn", Duration: short, Flags: brief},
		{ID: "echo", Scenario: "echo", Duration: short, Flags: brief, Echo: true},
		slow("slow", "0.1"), slow("slow-none", "0"),
		// A ping every 15 s: each connection has one while the last step is held.
		{ID: "idle", Scenario: "idle", Duration: 15 * time.Second, Fixed: true, Wires: true,
			Flags: []string{"--settle", "3s", "--early", "1s", "--steps", "2000,10000,19000"}},
		{ID: "connect", Scenario: "connect", Duration: short, Echo: true, Fixed: true},
		// Without a steady rate, which TLS handshakes on the client's machine do not reach.
		{ID: "connect-storm", Scenario: "connect", Duration: short, Echo: true, Fixed: true, Wires: true, Own: true,
			Flags: []string{"--rate", "0"}},
		// A server that compresses leaves the 128 bytes of fan-large as they are.
		{ID: "fan-large-1k", Scenario: "fan-large", Duration: 20 * time.Second, Wires: true, Own: true,
			Flags: append([]string{"--payload", "1024", "--words"}, brief...)},
	}
}

func fanHot(rate int) Entry {
	return Entry{
		ID: fmt.Sprintf("fan-hot-%d", rate), Scenario: "fan-hot", Rung: rate, Duration: 4 * time.Second,
		Flags: []string{"--warmup", "1s", "--rate", fmt.Sprint(rate)},
	}
}

// slow sends each member 24 MB: the most that any of the servers holds back is 16 MiB,
// and the kernel's buffers take some.
func slow(id, stopped string) Entry {
	return Entry{
		ID: id, Scenario: "slow", Duration: 10 * time.Second,
		Flags: []string{"--stopped", stopped, "--payload", "4096"},
	}
}

// ChooseEntries returns those of the published set with these names, in its order;
// with none, all.
func ChooseEntries(ids []string) ([]Entry, error) {
	return choose(Published(), ids, func(e Entry) string { return e.ID })
}

// choose returns the elements of all whose names are wanted; with none wanted, all.
func choose[T any](all []T, wanted []string, name func(T) string) ([]T, error) {
	for _, w := range wanted {
		if !slices.ContainsFunc(all, func(one T) bool { return name(one) == w }) {
			return nil, fmt.Errorf("none is named %q", w)
		}
	}
	var chosen []T
	for _, one := range all {
		if len(wanted) == 0 || slices.Contains(wanted, name(one)) {
			chosen = append(chosen, one)
		}
	}
	return chosen, nil
}

// Lasting returns e with another time to measure, where that is no part of what it measures.
func (e Entry) Lasting(d time.Duration) Entry {
	if !e.Fixed {
		e.Duration = d
	}
	return e
}

// args are those of plenum-bench run.
func (e Entry) args() []string {
	return append(append([]string{e.Scenario}, e.Flags...), "--duration", e.Duration.String())
}

// Command is what a person types to run it against a server that listens already.
func (e Entry) Command() string { return "plenum-bench run " + strings.Join(e.args(), " ") }
