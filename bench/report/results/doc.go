// Package results reads a folder of raw results and says which runs count, what the figures of a server are, and which
// orders of servers exceed the noise.
//
// [Load] returns [Data], which has a [Cell] for each server in each entry of the suite. A cell has the sound, the failed and the
// held back runs, and counts the others. A [Figure] is a number of a run; its spread over the runs of a cell is what tables
// show. [Data.Floor] is the noise floor, and [Data.Ahead] tells whether a server is ahead of another one by more than that.
//
// Results belong to sets: a set is all runs that one suite made with the same programs and options. Only the newest set
// counts. Load refuses runs of programs that were built from uncommitted changes, and of several builds of plenum.
//
// The package writes no documents. Data is not changed after Load, so any goroutine may read it.
package results
