package report

import (
	"fmt"
	"slices"
	"strings"

	"plenum/bench/report/goals"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

// reportText returns the report: an introduction, then every table, in sections.
func reportText(d *results.Data, drawn map[string]plotFile, intro string) string {
	all := markdown.Present(sections(d, drawn))
	return markdown.Paragraphs("# Results", markdown.Wrapped(markdown.Code(intro), ""), markdown.Contents(all), writeAll(all)) + "\n"
}

const reportIntro = `Every table of the measurements, generated from the raw results in this folder by "plenum-bench report". Sections without
runs are left out.`

const summaryIntro = `[BENCHMARKS.md](../../BENCHMARKS.md) is the summary. It says what cannot be claimed, and has the objections
that were raised.`

func writeAll(all []markdown.Section) string {
	var texts []string
	for _, s := range all {
		texts = append(texts, s.Write(2))
	}
	return markdown.Paragraphs(texts...)
}

// sections returns all sections, also those that are left out.
func sections(d *results.Data, drawn map[string]plotFile) []markdown.Section {
	all := []markdown.Section{
		{Title: "How it is measured", Body: methodPart(d)},
		{Title: "All servers", Text: markdown.Wrapped(serversText, ""), Body: allServers(d, drawn)},
		{Title: "Ahead and behind", Text: markdown.Wrapped(ordersText, ""), Body: ordersPart(d)},
		{Title: "The machine", Body: machinePart(d)},
		{Title: "Two client shapes", Text: markdown.Wrapped(markdown.Code(shapesText), ""), Body: shapesPart(d)},
	}
	all = append(all, entrySections(d, drawn)...)
	var further []markdown.Section
	for _, name := range d.Further() {
		e := d.Kind(name)
		further = append(further, markdown.Section{Title: e.Title, Body: entryPart(d, e)})
	}
	return append(all,
		markdown.Section{Title: "Other entries", Text: "Results of entries that the suite does not have.", Subs: further},
		markdown.Section{Title: "TLS and compression", Text: wireIntro, Body: wirePart(d)},
		clusterSection(d.Cluster),
		markdown.Section{Title: "Millions of connections", Text: markdown.Wrapped(labText, ""), Body: labPart(d)},
		markdown.Section{Title: "Scale without sockets", Text: scaleText, Body: scalePart(d)},
		markdown.Section{Title: channelsTitle, Text: markdown.Wrapped(channelsText, ""), Body: channelsPart(d.Channels)},
		markdown.Section{Title: "The project's goals", Body: goals.Part(d)},
		markdown.Section{Title: "What has no figures", Body: unmeasuredPart(d)},
	)
}

// entrySections returns the sections with the entries of the suite.
func entrySections(d *results.Data, drawn map[string]plotFile) (all []markdown.Section) {
	for _, e := range results.Entries {
		if e.Within != "" {
			continue
		}
		body := entryPart(d, e)
		if e.Name == results.HourEntry {
			body = markdown.Paragraphs(body, hourPictures(drawn))
		}
		if e.Name == "idle" {
			body = markdown.Paragraphs(body, idleElsewhere(d))
		}
		if name := latencyPlot(e.Name); drawn[name].svg != nil {
			body = markdown.Paragraphs(body, fmt.Sprintf("![%s](plots/%s)", drawn[name].alt, name))
		}
		i := slices.IndexFunc(all, func(s markdown.Section) bool { return s.Title == e.Section })
		switch {
		case e.Title == "":
			all = append(all, markdown.Section{Title: e.Section, Body: body})
		case i < 0:
			all = append(all, markdown.Section{Title: e.Section, Subs: []markdown.Section{{Title: e.Title, Body: body}}})
		default:
			all[i].Subs = append(all[i].Subs, markdown.Section{Title: e.Title, Body: body})
		}
	}
	return all
}

const serversText = `Medians of one figure per kind of load. **Bold** is the best of a column, and each server that is not
behind it by more than the noise.`

// allServers returns the table of all servers with the plots; empty without runs.
func allServers(d *results.Data, drawn map[string]plotFile) string {
	table := serversPart(d, "")
	if table == "" {
		return ""
	}
	return markdown.Paragraphs(table, strings.ReplaceAll(plotsPart(drawn), plotsFolder, "plots"))
}

const labText = `One plenum and one client in an emulated machine with two processors. The connections are in rooms of 10,000: first idle
with pings, then one message to each room, which is one to every connection. Counts, memory and losses are valid. Times are not,
because the machine is emulated.`

// labPart returns the command and its output as a table.
func labPart(d *results.Data) string {
	if d.Lab == nil {
		return ""
	}
	return markdown.Paragraphs("```sh\n"+d.Lab.Command+"\n```", d.Lab.Lines.Words())
}

const wireIntro = `plenum without both, with TLS, and with permessage-deflate, under three loads:

- one room of 5,000, 5 messages per second of 128 bytes and of 1 KiB, in words that compress about as English text does (with
  compression, plenum leaves the short messages uncompressed);
- idle connections, as above;
- a storm of 15,000 upgrades, or as many as 64 dialers open in 4 s, each with a full TLS handshake.

Bytes on the wire are the bytes that the client's sockets received, without the kernel's headers. Only what the server sends is
compressed. The client decrypts and inflates on the same two cores. It inflates a message once if several members receive the
same bytes one after the other.`

const scaleText = `Rooms and timers of one process, with members whose messages are counted and dropped (a null sink), or which spin for 1 µs per
message, as a send on a network card would. An operation is one message in each room.
[scale/README.md](scale/README.md) describes the benchmarks.

- **They prove** what plenum's own code costs per message, join and member, and that its locks do or do not hold back a second core.
  Two processes of one core share no memory and no lock, so what one process lacks of their throughput is lost inside it.
- **They do not prove** what sockets, interrupts and a kernel cost, and two cores say little about locks that only many cores fight
  over.
- **Memory is laid out as in a long-lived server**: rooms of 10 and of Zipf sizes have members from all over the heap, so most of
  their time is waiting for memory. A single room is in the order of its connections.`
