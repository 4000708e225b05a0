// Package load is one process's share of a run. It opens the connections of the members, sends
// their messages by an open-loop schedule, and checks and counts the messages that each member
// receives.
//
// # Terms
//
//   - Member: one connection. Its tag is its number in the whole run.
//   - Group: members that are in the same rooms. Most loads have one room per group.
//   - Stream: the messages of one sender in one room, numbered from 1.
//   - Text: the part of a message that the load writes (package message).
//   - Hit: a point in time of a schedule, at which a message or a join is due. If a group has several
//     rooms, one message to each of them is due, and they are sent in one write.
//   - Stage: a part of a plan with a rate of its own, which may rise or fall (Ramp).
//   - Probe: a text with number 0, which shows that a member is in its room.
//   - Lane: the counters and histograms that one epoll loop writes.
//   - Shard: the members of one process. Member m belongs to shard m modulo the number of shards.
//
// # A load
//
// A [Load] runs a [Plan]. One goroutine calls its methods one after the other: Open, Probe
// until no member is silent, Begin, Run, Drain, Finish. Stop ends the load at any stage. Finish returns
// an [Outcome], which is merged with the outcomes of the other processes.
//
// Messages follow a [Schedule], which never waits for the server. A text carries its due time
// and its number. A latency runs from the due time to the moment when the loop has read the
// message. One thread sends all streams of the process (paced_sender.go), and another one closes
// and dials the members that leave and join (churn.go). They ask the system for a higher priority
// and for no timer slack (pace.go). If the backlog is full, a due message gets no number
// and is counted instead ([SendCounts]).
//
// With stages, each delivery is counted in the stage of its due time, by the loop that received it
// (stages.go). The expected deliveries of each stage are computed at the end. The messages of a stage
// in a stream have consecutive numbers, which follow from the schedule and the [SendCounts].
//
// A receiver has one lane per loop. Only that loop writes it, so no lock is taken per message. Up
// to two million deliveries per second, every delivery is timed. Above that rate, one delivery in 2, 4,
// 8 and so on is timed ([Sampling]). Also above that rate, in rooms with one sender, each loop parses the
// messages of one member per room. It compares the bytes of the other members with them (expected.go).
//
// # Who may call what
//
// The methods of a Plan, a Target and a Schedule may be called from any goroutine. They are pure, with
// these exceptions: [Plan.Check], [Target.Check] and [Target.Config] read the certificate's file, and
// [Target.Resolve] uses the network. The callbacks of the receiver run on the loops of wsclient. Members,
// tracks and lanes belong to their loops until the pools are shut down, then to the caller of Finish.
//
// [Load.Live] may be called from any goroutine while a load runs. No loop ever waits for it. It reads
// the atomic counters of the loops, which each loop sets once per turn, and exchanges histograms with
// the loops ([latency.Recorder]). If no goroutine calls it, it costs a loop one atomic load per turn.
//
// # Bounds
//
//   - Backlog of a sender: 4 MiB.
//   - Expected stream of a room: 16 MiB, and 40 bytes per message, in each loop.
//   - Messages without a text that are shown if a member receives no probe: the first and the latest, 200 bytes each.
//   - Messages of a run: at most 20 million. The time of each message's last delivery takes
//     8 bytes per loop.
//
// # What it does not do
//
// It starts no other processes, does not measure the server, and does not judge the outcome.
// Package drive and the scenarios do.
package load
