package suite

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Entry is a scenario with its flags. Its results are in one file.
type Entry struct {
	ID         string
	Scenario   string
	Flags      []string
	Duration   time.Duration // time to measure
	Fixed      bool          // the results depend on Duration, so it must not be changed
	Echo       bool          // uses the echo route
	Variants   bool          // also measured with TLS and with compression
	PlenumOnly bool          // not measured on peers
	LadderRate int           // messages per second, in a ladder of entries with rising rates; 0: no ladder
	Nodes      []int         // numbers of nodes to measure, 0 for the single server; nil: any target
}

// Published returns the entries of the published set. Entries of one ladder of rates are in
// rising order.
func Published() []Entry {
	const short = 4 * time.Second
	brief := []string{"--warmup", "1s"}
	return []Entry{
		// Long enough for 100 messages. With fewer, the completion p99 would be the maximum.
		{ID: "fan-large", Scenario: "fan-large", Duration: 20 * time.Second, Flags: brief, Variants: true},
		fanHot(200), fanHot(1000), fanHot(4000), fanHot(10000),
		{ID: "saturate", Scenario: "saturate", Duration: 2 * time.Second, Flags: brief},
		{ID: "rooms-small", Scenario: "rooms-small", Duration: short, Flags: brief},
		{ID: "zipf", Scenario: "zipf", Duration: short, Flags: brief},
		{ID: "churn", Scenario: "churn", Duration: short, Flags: brief},
		{ID: "echo", Scenario: "echo", Duration: short, Flags: brief, Echo: true},
		slow("slow", "0.1"), slow("slow-none", "0"),
		// 15 s is one ping period, so each connection gets one ping during the last step.
		{ID: "idle", Scenario: "idle", Duration: 15 * time.Second, Fixed: true, Variants: true,
			Flags: []string{"--settle", "3s", "--early", "1s", "--steps", "2000,10000,19000"}},
		{ID: "connect", Scenario: "connect", Duration: short, Echo: true, Fixed: true},
		// No steady part: with TLS handshakes on the client's machine, its rate is not reached.
		{ID: "connect-storm", Scenario: "connect", Duration: short, Echo: true, Fixed: true, Variants: true, PlenumOnly: true,
			Flags: []string{"--rate", "0"}},
		// A server with compression does not compress the 128 bytes of fan-large.
		{ID: "fan-large-1k", Scenario: "fan-large", Duration: 20 * time.Second, Variants: true, PlenumOnly: true,
			Flags: append([]string{"--payload", "1024", "--words"}, brief...)},
	}
}

func fanHot(rate int) Entry {
	return Entry{
		ID: fmt.Sprintf("fan-hot-%d", rate), Scenario: "fan-hot", LadderRate: rate, Duration: 4 * time.Second,
		Flags: []string{"--warmup", "1s", "--rate", fmt.Sprint(rate)},
	}
}

// slow sends each member 24 MB. That is more than the kernel's buffers and the largest send
// buffer of any of the servers, which is 16 MiB.
func slow(id, stopped string) Entry {
	return Entry{
		ID: id, Scenario: "slow", Duration: 10 * time.Second,
		Flags: []string{"--stopped", stopped, "--payload", "4096"},
	}
}

// ChooseEntries returns the entries of the published set with these IDs, in the order of the
// set. Without IDs it returns all.
func ChooseEntries(ids []string) ([]Entry, error) {
	return choose(Published(), ids, func(e Entry) string { return e.ID })
}

// choose returns the elements of all whose names are wanted, or all if wanted is empty. An
// unknown name is an error.
func choose[T any](all []T, wanted []string, name func(T) string) ([]T, error) {
	for _, w := range wanted {
		if !slices.ContainsFunc(all, func(one T) bool { return name(one) == w }) {
			return nil, fmt.Errorf("unknown name %q; --list prints the names", w)
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

// Lasting returns e with d as the time to measure, unless e.Fixed.
func (e Entry) Lasting(d time.Duration) Entry {
	if !e.Fixed {
		e.Duration = d
	}
	return e
}

// args returns the arguments of plenum-bench run.
func (e Entry) args() []string {
	return append(append([]string{e.Scenario}, e.Flags...), "--duration", e.Duration.String())
}

// Command returns the command line that runs e against a server that listens already.
func (e Entry) Command() string { return "plenum-bench run " + strings.Join(e.args(), " ") }
