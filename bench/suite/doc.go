// Package suite measures the published set of scenarios on several servers. For each run it
// starts a server, runs a scenario of package bench in this process, and stops the server.
//
// # Terms
//
//   - Entry: a scenario with its flags. Its results are in one file.
//   - Target: a server that the suite can start: plenum, a variant of it with TLS or compression, a peer,
//     or a cluster.
//   - Peer: another server that does the same work (bench/peers).
//   - Run: one measurement of an entry on a target. A run that was rejected has further attempts.
//   - Repeat: one run of every entry on every target that the entry is for. Entries have different
//     numbers of repeats, by how much their figures spread.
//   - Ladder: entries of one scenario with rising message rates.
//   - Set: all results that were made with the same programs and options. See [Set].
//
// # Order
//
// Repeats are the outer loop, then entries, then targets. So runs that are compared follow
// one another, and a suite that was interrupted has results of most entries. Each repeat
// begins with another target, and every second repeat goes backwards from there.
//
// The variants with TLS and compression run only in the entries with Entry.Variants. Their
// certificate is made for the suite and removed at its end.
//
// An entry with Entry.Once has runs that take an hour. It comes after all other entries, and a rejected
// run of it is not repeated.
//
// # Time
//
// [Plan] estimates the time of each entry by Entry.Takes, which was measured in earlier sets. If
// Suite.For is set, no run begins that would end later. The end of a run is estimated by the mean of the
// entry's runs so far, or by Entry.Takes before the first one.
//
// [Quick] and [QuickTargets] are a part of the published set that takes less than [QuickTime]. Their
// results are another set.
//
// # Clusters
//
// [Clustered] and [ClusterTargets] are entries and targets with several nodes, apart from
// the published set. For each run a NATS server is started, then one node after the other.
// Each node has an address of its own (127.0.0.1, 127.0.0.2 and so on). The run begins when
// all nodes are ready. Afterwards the nodes are stopped, then the NATS server, and its store
// is removed.
//
// # Channels
//
// [Channelled] and [ChannelsTargets] compare clients of the Pusher Channels protocol with native
// ones, on the same server with the same settings. They are apart from the published set too.
//
// # Which runs count
//
// A run is rejected and repeated if other processes used the machine, or if the generator was at its
// limit, or delayed beyond a fixed bound. No rule compares a delay of the generator with a latency of
// the run, because such a rule keeps the slow runs of a fast server. A rejected run stays in the file,
// with the reason as the label rejected. Messages that a server loses, or senders that it holds back,
// are a result and not an error of the suite. Such a run counts even if the generator may have caused it:
// a sound run with the same load of the generator counts too.
//
// A peer that cannot be built is skipped, and skipped.json names it. A peer that does other work than the
// other peers is an error.
//
// Results are appended to ENTRY.jsonl with the labels of ledger.go. A run of this set that is
// already in the files is not repeated. A run that was cut is not written.
//
// # What it does not do
//
// It has no scenarios of its own, draws no conclusions and reads no flags. Server and
// generator share one machine, and the results say so.
package suite
