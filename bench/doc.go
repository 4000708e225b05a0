// Package bench has the scenarios that measure a WebSocket server, and their results.
//
// # Layers
//
// A [Scenario] makes a plan, runs it and judges the outcome. The packages below it, from the
// top:
//
//   - bench: scenarios, their options, the result and its verdict.
//   - drive: runs one load in this process, in several copies of it, or in agents on other machines.
//   - agent: the connection between a leading generator and its agents.
//   - load: one process's share of a load: pacing, sending, receiving, checking.
//   - speak: the protocols of servers: joins, publishes, answers and refusals.
//   - observe: resource use of processes, of the NATS server and of the machine.
//   - wsclient: many WebSocket connections on a few epoll loops.
//   - endpoint: the address that a URL leads to, resolved once per run.
//   - message, sequence, latency, clock: message texts, checks of numbers, histograms, time.
//
// Package bare is a second client, which checks nothing. It shows how much latency the packages above
// add. Package suite runs scenarios against several servers, and package report writes
// bench/results/REPORT.md. Package metric names the figures of a result, compare tells whether one set
// of results is better than another, and page shows results as HTML. Packages servertest and faults
// test the built server. The tests of these layers connect to internal/fakeserver.
//
// # A run
//
// A [drive.Driver] runs a Scenario, and the run ends in a [Result].
//
// Messages follow an open-loop schedule (load.Schedule), which never waits for the server. Each
// message carries its number and its due time, the time at which the schedule wants it sent.
// A latency runs from the due time to the moment when a loop has read the message. So a stall of
// the server or of the generator shows in the latencies. A delivery is one message at one member.
// The completion of a message is its delivery to its last member. The clock is read once per read
// of a socket, for all messages that the read returned.
//
// A load may change over time (Stage). The result then has figures per stage (StageFigures). A
// message, with all of its deliveries, belongs to the stage in which it was due.
//
// Up to two million deliveries per second, the latency of every delivery is recorded. Above that
// rate, one delivery in 2, 4, 8 or more is recorded, chosen by the sum of member and message number. So
// every message has the same share of its members recorded, and every member the same share of
// its messages. Completions, maxima and the checks of numbers are never sampled. Also above that
// rate, in rooms with one sender, each loop parses the messages of one member per room. It compares
// the bytes of the other members with the bytes of that member (load/expected.go).
//
// Before the first message, every member must have received a message of each of its rooms (a
// probe). After the last message, a run waits until all expected deliveries have arrived, for at most
// Traffic.Drain. Lost, duplicated and out-of-order deliveries are counted exactly, per member and
// per sender. If the server numbers the messages of a room, its numbers are checked too. A result
// with such a flaw has no latencies.
//
// The generator measures how late messages left and how long its loops were away from their
// sockets. It also measures its processor time and the pauses of its garbage collector. If one of
// these may have caused the result, the result is not valid and says why. verdict.go has the
// limits.
//
// A server may have several nodes (Options.Node). The members of each room are spread over the
// nodes in turn. A message is complete when its last member on any node has received it. The
// numbers of the server must be one sequence on all nodes. The resource use of the server is then
// the sum of all nodes. The result also has the resource use and traffic of the NATS server
// between the nodes (Options.Broker).
//
// The processor time of the server (clock_getcpuclockid(3)) and its memory (/proc) are measured
// from the first message to the last delivery. Processor time per delivery is the quotient of two
// numbers that both include the warm-up.
//
// # Held back
//
// A server may stop reading from a sender for a while. The sender's messages then fill these
// buffers, one after the other:
//
//  1. The receive buffer of the server, and 512 KiB in the kernel of the client. A wait there
//     shows only in the latencies.
//  2. The backlog of the sender, 4 MiB. A message that waits there for more than 100 ms is late.
//
// When both are full, a due message is not sent. It is counted in Result.Refused and gets no
// number, so the numbers have no gap.
//
// If a message was late or refused, and nothing else went wrong, the run was held back
// ([Result.WasHeldBack]). It is neither sound nor failed. Its latencies are correct, because they
// start at the due time. But a refused message has no latency, so the share of late and refused
// messages must be stated next to them. If a sent message never arrives, it is missing, and the run
// has failed. If the generator was at its limit, a held-back run is also not valid: slow receivers
// may be the reason why the server stopped reading.
//
// # TLS and compression
//
// With TLS, a latency ends when the message is decrypted. Compressed messages are inflated and
// checked like plain ones, except when whole frames are compared with an expected stream. Only the
// server compresses, because its messages are the load to be measured. A text is padded with one
// letter, which compresses to almost nothing. With Traffic.Words it is padded with words, which
// compress about as English text does.
//
// # Who may call what
//
// One goroutine calls the methods of a Scenario. Run blocks until the result is complete. The end
// of its context ends the run early, and Run returns the figures so far. The methods of a Result
// may be called from any goroutine once Run has returned it.
//
// # What it does not do
//
// It starts no server (suite does) and prints nothing (cmd/plenum-bench and report do).
package bench
