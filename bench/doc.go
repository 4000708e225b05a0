// Package bench has the scenarios by which a WebSocket server is measured, and the results
// that they end in.
//
// # Layers
//
// A [Scenario] makes a plan, has it carried out, and judges what came back. From the top:
//
//   - bench: scenarios, their options, the result and its verdict.
//   - drive: one load by this process or by several copies of it.
//   - load: one process's part: pacing, sending, receiving, the checks.
//   - observe: what processes, brokers and the machine use.
//   - wsclient: many WebSocket connections on a few epoll loops.
//   - message, sequence, latency, clock: the texts, the checks of numbers, histograms, time.
//
// suite runs scenarios against several servers, and report writes BENCHMARKS.md. servertest
// and faults test the built server. internal/fakeserver is what the tests of these layers
// connect to.
//
// # A run
//
// A Scenario is run by a [drive.Driver] and ends in a [Result]. Its messages leave by an
// open-loop schedule ([load.Schedule]) whatever the server does, and carry the time they were
// meant to leave and their number. A latency runs from that time to the moment when the loop
// had read the message, so that a server, or a generator, that stands still shows it:
// delivery is each member's, completion the last member's of a message. The clock is read
// once for all that one read of a socket brought.
//
// Up to two million deliveries per second, each is recorded; above, one in 2, 4 or 8, by the
// sum of member and number, which takes of each message the same share of the members and of
// each member the same share of the messages. Completion and the maximum are never sampled,
// nor is the check of the numbers. Above that rate, if a room has one sender, only one
// member per loop is read message by message: of the others it is enough that their bytes
// are the same as its (load/expected.go).
//
// Before the first message every member must have heard its room (probes). After the last, a
// run waits until all has come that must, or for Traffic.Drain. What is lost, duplicated or
// out of order is counted for each member and each sender, exactly, and, if the server
// numbers its messages itself, by its numbers too. A run with any has no latencies.
//
// The generator watches itself: how late messages left, how long its loops were away from
// their sockets, its CPU, its collector's pauses. If that could have made the result, the
// result is not valid and says why; the limits are in verdict.go.
//
// A server may have several nodes (Options.Node), which take the members of each room in
// turn: a message is complete when its last member at any node has it, and the server's
// numbers are one sequence at all of them. The server's use is then that of all nodes
// together, and what the NATS server between them used and carried is in the result too
// (Options.Broker).
//
// The server's CPU time (its clock of clock_getcpuclockid(3)) and memory (/proc) are read
// from the first message to the last delivery, warm-up included on both sides of the
// quotient.
//
// # Held back
//
// A server may read a sender late. First what the sender writes fills the server's buffer,
// then 512 KiB of the client's kernel; that shows only in the latencies. Then the socket is
// full, and up to 4 MiB of messages wait in the sender's backlog. A message that waits there
// for more than 100 ms is late. When the backlog is full too, a message that is due is not
// sent: it is counted (Result.Refused), and takes no number, so that the numbers have no
// hole. If any message was late or not sent, and nothing else went wrong, the run was held
// back ([Result.WasHeldBack]): it is neither sound nor failed. Its latencies are true, from
// the intended send time, but a message that was not sent has none, so the share of those
// belongs beside them. A message that was sent and never arrives is missing, and the run has
// failed. If the generator itself was at its limit, the run was held back all the same. It is
// not valid either then, because slow receivers may be why the server held its senders back.
//
// # TLS and compression
//
// With TLS, a latency ends when a message is there in the clear. Every compressed message is
// inflated and checked as a plain one is, except where frames are compared as they are on the
// wire. What is sent is not compressed: the load is on what the server sends. A text's
// padding is one letter, which is nothing when it is compressed; with Traffic.Words it is
// words, which compress about as English does.
//
// # Who may call what
//
// A Scenario is run by one goroutine, which blocks until the result is there. The
// end of the context cuts the run, which returns what there is. Methods of a Result are free
// to call once it has been returned.
//
// # What it does not do
//
// It starts no server (suite does), and prints nothing (cmd/plenum-bench and report do).
package bench
