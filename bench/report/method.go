package report

import (
	"fmt"
	"strings"

	"plenum/bench"
	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

// methodText says how the results were measured. Each paragraph is a list item.
const methodText = `**Open loop.** Messages are sent by a fixed schedule, whatever the server does. A latency counts from when the message was due
to when its receiver has the frame, by one monotonic clock. So the latencies of a server that stalls show the whole stall.

**Delivery and completion.** A delivery is one message at one member. Completion is the last delivery of a message.

**Every delivery is checked**, by the message's own number and, if the server numbers its messages, by its "seq". A run has failed,
and has no latency, if a message is lost, duplicated, out of order, or not there 10 s after the last message was due, or if the
server closes a connection. A member that joins during a run has 2 s to be in its room.

**Above 2 M deliveries/s** only one latency in 2, 4, 8 or more is recorded. And in a room with one sender the client parses the messages
of one member per loop: it compares the bytes of the other members with that member's. Completions, maxima and the
checks of numbers are never sampled.

**Held back.** If a server reads its senders more slowly than they send, its buffer and 512 KiB in the client's kernel fill up. Then up
to 4 MiB of messages per sender wait in the client, and further messages are not sent. A run in which messages waited there for
more than 100 ms, and nothing was lost, is held back: it did not reach the rate. The share of messages that left late or not at
all is shown next to its figures.

**The same work.** Each peer builds the same JSON envelope once per message, has rooms, and answers pings. Their sources and settings,
with reasons, are in [bench/peers](../peers/README.md). A conformance check runs before each suite. plenum runs with its defaults
except "--announce-limit=-1", because no peer announces joins and leaves.

**raw** is not a rival but a lower bound: one thread, one epoll, one "write(2)" per delivery and nothing else. It sends each message at
once. So in a busy room every server that puts several messages into one write is faster.

**Interleaved.** A repeat runs every server once, in an order that changes with each repeat. Figures are the median of the repeats,
with the range in parentheses. A server that fails the first two repeats of "fan-hot" at one rate is measured once at each higher
rate. So "failed 1 of 1" means that it had failed at a lower rate before.

**The generator watches itself.** A run is rejected and repeated if the generator was at its limit, if it was delayed beyond a bound that is
the same for all servers, or if other processes took more than 0.2 cores. Rejected runs stay in the raw results. A run that failed or
was held back is not repeated for the generator's sake. If a loop of the generator was overrun in it, the run decides nothing about a
peer; one of plenum counts.

**The noise floor** of a figure is the ratio of plenum to plenum, measured a second time as if it were another server. A server is ahead of
another one only if their medians differ by more than the noise floor, and if nine of ten pairs of runs, one of each server, agree.
Everything else is called a tie.`

// methodPart returns the method; empty without runs.
func methodPart(d *results.Data) string {
	if len(d.Used()) == 0 {
		return ""
	}
	var list strings.Builder
	for text := range strings.SplitSeq(methodText, "\n\n") {
		list.WriteString(markdown.Bullet("%s", markdown.Code(text)))
	}
	return list.String() + shareOfGenerator(d)
}

// clientCPU is the generator's own processor time.
var clientCPU = results.Figure{Title: "client CPU per delivery, µs", Best: results.Lower, Value: metric.From(generator, func(g *bench.OwnUse) float64 { return g.CPUPerDelivery })}

// shareOfGenerator says how much of the processor time is the generator's.
func shareOfGenerator(d *results.Data) string {
	var list []string
	for _, of := range []struct{ entry, text string }{
		{"fan-hot-200", "200 messages per second to 1,000 members"}, {"fan-large", "one large room"}, {"rooms-small", "small rooms"},
	} {
		if s, ok := clientCPU.Of(d.At(of.entry, results.Plenum).Sound); ok {
			list = append(list, fmt.Sprintf("%s µs (%s)", metric.Number(s.Median), of.text))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return markdown.Bullet("**The generator takes its share.** It runs on the same cores, so its work is part of every latency. Per delivery it takes %s.", strings.Join(list, ", "))
}
