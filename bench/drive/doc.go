// Package drive runs one load in this process, or in several copies of it, and measures the
// server at the same time.
//
// A [Driver] sends the steps of a run to its workers as orders, and merges their answers. A
// worker is this process, or a copy of it that calls [Work]. A copy reads orders from its standard
// input and writes answers to its standard output, as lines of JSON. Copies are needed if a run has
// more connections than the descriptor limit of one process allows. All these processes read the
// same monotonic clock.
//
// A worker may also be an agent: a generator on another machine (package agent). It executes the same
// orders. Before a run, the leader measures by how much the agent's clock is ahead, and the agent shifts
// its clock by that. So all times of a run are on the leader's clock. After the run, the leader
// measures the difference again. load.AgentUse says how well the clocks agreed.
//
// [Driver.Live] receives the figures of a run while it lasts. A copy writes its own figures to its
// output once per second, between an order and its answer.
//
// [Driver.Measure] and [Driver.During] block. Only one goroutine at a time may call them. If the
// context of Measure ends, the run ends early with the figures so far. The package knows no
// scenarios and does not judge a result.
package drive
