package report

import (
	"fmt"
	"slices"
	"strings"
)

// reportText returns the report: an introduction, then every table, in sections.
func reportText(d *data, drawn map[string]plotFile, intro string) string {
	all := present(sections(d, drawn))
	return paragraphs("# Results", wrapped(code(intro), ""), contents(all), writeAll(all)) + "\n"
}

const reportIntro = `Every table of the measurements, generated from the raw results in this folder by "plenum-bench report". Sections without
runs are left out.`

const summaryIntro = `[BENCHMARKS.md](../../BENCHMARKS.md) is the summary. It says what cannot be claimed, and which changes of the
method are later than the figures.`

func writeAll(all []section) string {
	var texts []string
	for _, s := range all {
		texts = append(texts, s.write(2))
	}
	return paragraphs(texts...)
}

// sections returns all sections, also those that are left out.
func sections(d *data, drawn map[string]plotFile) []section {
	all := []section{
		{title: "How it is measured", body: methodPart(d)},
		{title: "All servers", text: wrapped(serversText, ""), body: allServers(d, drawn)},
		{title: "The machine", body: machinePart(d)},
		{title: "Two client shapes", text: wrapped(code(shapesText), ""), body: shapesPart(d)},
	}
	all = append(all, entrySections(d, drawn)...)
	var further []section
	for _, name := range d.further() {
		e := d.kind(name)
		further = append(further, section{title: e.title, body: entryPart(d, e)})
	}
	return append(all,
		section{title: "Other entries", text: "Results of entries that the suite does not have.", subs: further},
		section{title: "TLS and compression", text: wireIntro, body: wirePart(d)},
		clusterSection(d.cluster),
		section{title: "Millions of connections", text: wrapped(labText, ""), body: labPart(d)},
		section{title: "Scale without sockets", text: scaleText, body: scalePart(d)},
		section{title: channelsTitle, text: wrapped(channelsText, ""), body: channelsPart(d.channels)},
		section{title: "The project's goals", body: goalsPart(d)},
		section{title: "What has no figures", body: unmeasuredPart(d)},
	)
}

// entrySections returns the sections with the entries of the suite.
func entrySections(d *data, drawn map[string]plotFile) (all []section) {
	for _, e := range entries {
		if e.within != "" {
			continue
		}
		body := entryPart(d, e)
		if e.name == hourEntry {
			body = paragraphs(body, hourPictures(drawn))
		}
		if e.name == "idle" {
			body = paragraphs(body, idleElsewhere(d))
		}
		if name := latencyPlot(e.name); drawn[name].svg != nil {
			body = paragraphs(body, fmt.Sprintf("![%s](plots/%s)", drawn[name].alt, name))
		}
		i := slices.IndexFunc(all, func(s section) bool { return s.title == e.section })
		switch {
		case e.title == "":
			all = append(all, section{title: e.section, body: body})
		case i < 0:
			all = append(all, section{title: e.section, subs: []section{{title: e.title, body: body}}})
		default:
			all[i].subs = append(all[i].subs, section{title: e.title, body: body})
		}
	}
	return all
}

const serversText = `Medians of one figure per kind of load. **Bold** is the best of a column, with all servers that tie with it.`

// allServers returns the table of all servers with the plots; empty without runs.
func allServers(d *data, drawn map[string]plotFile) string {
	table := serversPart(d, "")
	if table == "" {
		return ""
	}
	return paragraphs(table, strings.ReplaceAll(plotsPart(drawn), plotsFolder, "plots"))
}

const labText = `One plenum and one client in an emulated machine with two processors. The connections are in rooms of 10,000: first idle
with pings, then one message to each room, which is one to every connection. Counts, memory and losses are valid. Times are not,
because the machine is emulated.`

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
[bench/README.md](../README.md#scale-without-sockets) describes the benchmarks.

- **They prove** what plenum's own code costs per message, join and member, and that its locks do or do not hold back a second core.
  Two processes of one core share no memory and no lock, so what one process lacks of their throughput is lost inside it.
- **They do not prove** what sockets, interrupts and a kernel cost, and two cores say little about locks that only many cores fight
  over.
- **Memory is laid out as in a long-lived server**: rooms of 10 and of Zipf sizes have members from all over the heap, so most of
  their time is waiting for memory. A single room is in the order of its connections.`
