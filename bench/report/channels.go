package report

import (
	"cmp"
	"fmt"
	"strings"

	"plenum/bench/suite"
)

// channelsFolder is the folder with the results of clients of the Pusher Channels protocol, within the folder of results.
const channelsFolder = "channels"

// channelsTitle is the heading of the section about these clients.
const channelsTitle = "Clients of the Pusher Channels protocol"

// channels is the name of the target whose clients speak the Pusher Channels protocol. Those of the target plenum are
// native clients of the same server.
const channels = suite.ChannelsName

var namesOfChannels = knownNames{channelledEntries(), []string{plenum, channels}}

func channelledEntries() (ids []string) {
	for _, e := range suite.Channelled() {
		ids = append(ids, e.ID)
	}
	return ids
}

// channelsLoads are the entries with messages, in the order of the table.
var channelsLoads = []struct{ entry, label string }{
	{"fan-hot-1000", "1 room of 1,000, 1,000 messages/s"},
	{"fan-large", "1 room of 5,000, 5 messages/s"},
	{"rooms-small", "1,000 rooms of 10, 3 messages/s each"},
}

const channelsText = `Clients of the Pusher Channels protocol next to native clients of the same server, in turns. Each room is a private
channel, and a message is a client event. The sender receives no copy of its event, so a room of 1,000 has 999 deliveries per message;
a native sender receives its own messages too. Each delivery is checked. Bytes per delivery are the bytes that the client's
sockets received, with the frames of the server.`

// channelsPart returns the section; empty if nothing was measured.
func channelsPart(d *data) string {
	runs := d.used()
	if len(runs) == 0 {
		return ""
	}
	when := fmt.Sprintf("Measured in a suite of its own, %s. Commit of plenum: %s. Runs: %s. Cores that other processes used: %s.",
		period(runs), cmp.Or(distinct(runs, labelOfPlenum("commit")), "unknown"), d.countText(len(runs)), figureText(otherCores, runs))
	return paragraphs("```sh\nplenum-bench suite --channels\n```",
		wrapped(when, ""), channelsTable(d).figures(), channelsIdleTable(d).figures(), channelsCommands(), channelsMissed(d))
}

// channelsCommands returns how the server and both kinds of clients are started.
func channelsCommands() string {
	server, app, _ := strings.Cut(suite.ChannelsCommand, " --apps=")
	list := bullet("the server: `%s --apps='%s'`", server, app)
	for _, e := range suite.Channelled() {
		list += bullet("%s: `%s`", e.ID, e.Command())
	}
	return list + bullet("Pusher Channels clients: the same with `%s`", suite.ChannelsFlags)
}

// channelsMissed returns the failures and the runs that are not used.
func channelsMissed(d *data) string {
	var list strings.Builder
	var unused []string
	for _, e := range suite.Channelled() {
		for _, name := range []string{plenum, channels} {
			list.WriteString(missedBullets(e.ID+": ", name, d.at(e.ID, name)))
		}
		for _, text := range d.unused(e.ID, []string{plenum, channels}) {
			unused = append(unused, e.ID+" "+text)
		}
	}
	return paragraphs(list.String(), unusedSentence(unused))
}
