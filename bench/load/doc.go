// Package load is one process's part of a run: it opens the members' connections, sends their
// messages by an open-loop schedule, and counts what each member receives.
//
// # A load
//
// A [Load] carries out a [Plan]. Its methods are called one after the other, by one
// goroutine: Open, Probe until nobody is silent, Run, Drain, Finish. Stop ends it at any
// stage. What came of it is an [Outcome], which is merged with those of other processes.
//
// Messages leave at the times of a [Schedule], whatever the server does, and carry the time at
// which they were meant to leave and their number. A latency runs from that time to the
// moment when the loop had read the message. One thread sends all streams of the process
// (paced_sender.go); it asks the system for priority and no timer slack. A message for which the
// backlog is full takes no number and is counted ([SendCounts]).
//
// A receiver has one lane per loop, which its loop alone writes, so nothing is locked per
// message. Up to two million deliveries per second, each is timed; above, one in 2, 4 or 8
// ([Sampling]). Above that rate, if a room has one sender, only one member per loop is read
// message by message: the others are compared with what it received (expected.go).
//
// # Who may call what
//
// The functions of a Plan, a Target and a Schedule are pure and free to call from anywhere,
// except [Target.Check], which reads the certificate's file. The callbacks of the receiver run
// on the loops of wsclient. Members, tracks and lanes belong to their loops until the pools are
// shut down, then to the caller of Finish.
//
// # Bounds
//
// A sender's backlog: 4 MiB. The expected stream of a room: 16 MiB and 40 bytes per message,
// per loop. A run follows at most 20 million messages; the time of the last delivery of each
// is kept, 8 bytes per loop.
//
// # What it does not do
//
// It does not start other processes, does not watch the server, and does not judge: package
// drive and the scenarios do.
package load
