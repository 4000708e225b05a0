package suite

import (
	"path/filepath"
	"strings"
	"time"
)

// ChannelsCommand starts plenum for native clients and for clients of the Pusher Channels protocol, so that only the
// clients differ. The app's limit of client events is above the rate of every sender in Channelled.
const ChannelsCommand = ServeCommand +
	` --apps=[{"id":"1","key":"bench","secret":"bench-secret","client-events":true,"limits":{"client-events":100000}}]`

// ChannelsFlags are the flags of plenum-bench run for clients of the Pusher Channels protocol.
const ChannelsFlags = "--speak=pusher --app=bench:bench-secret"

// ChannelsName is the name of the target whose clients speak the Pusher Channels protocol.
const ChannelsName = "plenum-channels"

// Channelled returns the entries that are measured with native clients and with clients of the Pusher Channels protocol.
// Five repeats of all entries measure for less than ten minutes.
func Channelled() []Entry {
	brief := []string{"--warmup", "1s"}
	return []Entry{
		{ID: "fan-hot-1000", Scenario: "fan-hot", Duration: 4 * time.Second, Flags: []string{"--warmup", "1s", "--rate", "1000"}},
		{ID: "fan-large", Scenario: "fan-large", Duration: 10 * time.Second, Flags: brief},
		{ID: "rooms-small", Scenario: "rooms-small", Duration: 4 * time.Second, Flags: brief},
		{ID: "idle", Scenario: "idle", Duration: 2 * time.Second, Fixed: true, Flags: []string{"--settle", "3s", "--connections", "10000"}},
	}
}

// ChannelsTargets returns two targets with the same program, at the path server: one with native clients, and one with
// clients of the Pusher Channels protocol.
func ChannelsTargets(server string) ([]Target, error) {
	server, err := filepath.Abs(server)
	if err != nil {
		return nil, err
	}
	native := Target{
		Name: "plenum", Run: commandAt(ChannelsCommand, server), Commit: commitOf(server),
		URL: "ws://{host}/ws/chat/{room}?username={user}",
	}
	channels := native
	channels.Name, channels.Flags = ChannelsName, strings.Fields(ChannelsFlags)
	return []Target{native, channels}, nil
}

// ChooseChannelled is ChooseEntries for the entries of Channelled.
func ChooseChannelled(ids []string) ([]Entry, error) {
	return choose(Channelled(), ids, func(e Entry) string { return e.ID })
}
