package report

import (
	"cmp"
	"fmt"
	"strings"

	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/suite"
)

// channelsTitle is the heading of the section about these clients.
const channelsTitle = "Clients of the Pusher Channels protocol"

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
func channelsPart(d *results.Data) string {
	runs := d.Used()
	if len(runs) == 0 {
		return ""
	}
	when := fmt.Sprintf("Measured in a suite of its own, %s. Commit of plenum: %s. Runs: %s. Cores that other processes used: %s.",
		results.Period(runs), cmp.Or(results.Distinct(runs, results.LabelOfPlenum("commit")), "unknown"), d.CountText(len(runs)), figureText(otherCores, runs))
	return markdown.Paragraphs("```sh\nplenum-bench suite --channels\n```",
		markdown.Wrapped(when, ""), channelsTable(d).Figures(), channelsIdleTable(d).Figures(), channelsCommands(), channelsMissed(d))
}

// channelsCommands returns how the server and both kinds of clients are started.
func channelsCommands() string {
	server, app, _ := strings.Cut(suite.ChannelsCommand, " --apps=")
	list := markdown.Bullet("the server: `%s --apps='%s'`", server, app)
	for _, e := range suite.Channelled() {
		list += markdown.Bullet("%s: `%s`", e.ID, e.Command())
	}
	return list + markdown.Bullet("Pusher Channels clients: the same with `%s`", suite.ChannelsFlags)
}

// channelsMissed returns the failures and the runs that are not used.
func channelsMissed(d *results.Data) string {
	var list strings.Builder
	var unused []string
	for _, e := range suite.Channelled() {
		for _, name := range []string{results.Plenum, results.Channels} {
			list.WriteString(missedBullets(e.ID+": ", name, d.At(e.ID, name)))
		}
		for _, text := range countUnused(d, e.ID, []string{results.Plenum, results.Channels}) {
			unused = append(unused, e.ID+" "+text)
		}
	}
	return markdown.Paragraphs(list.String(), unusedSentence(unused))
}
