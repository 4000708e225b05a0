// Package suite measures the published set: it starts a server, runs a scenario of
// package bench against it in this process, stops it, and goes on to the next.
//
// # Order
//
// Repeats are the outer loop, then entries, then targets: the runs that are compared
// stand beside one another, and a suite that was cut has all of its entries. Each
// repeat begins with another target, and every second one goes backwards from there.
//
// The server is measured encrypted and compressed too, in the entries that say most of
// it (Entry.Wires): with a certificate that is made for the suite and removed with it.
//
// # Clusters
//
// Apart from the published set there are entries and targets of several nodes (Clustered,
// ClusterTargets): for each run a broker is started, then one node after the other, each at an
// address of its own (127.0.0.1, 127.0.0.2 and so on) and waited for until it takes messages,
// and all are stopped after it, the broker last. What the broker stores goes with them.
//
// # What counts
//
// A run is repeated where the machine was busy with something else, or where the
// generator could have made the result. It stays in the file, labelled rejected with
// the reason. What a server loses is a result, not a failure of the suite, and so is that
// it held its senders back. If the generator may be the cause, it is the last attempt's.
// Results are appended to
// ENTRY.jsonl, each with the labels entry, repeat, attempt, command, build, commit
// (where the server's program says it) and set. Only results of one [Set] are of one
// suite: of these, runs that stand in the files already are not made again. A cut run
// is not written.
//
// # What it does not do
//
// It has no scenarios of its own, draws no conclusions and reads no flags. It is for
// one machine: server and generator share it, as the results say.
package suite
