// Package drive carries out one load by this process, or by several copies of it, and
// watches the server meanwhile.
//
// A [Driver] gives the steps of a run to workers as orders and merges what they saw. A worker
// is this process or a copy of it, which calls [Work]: orders and answers are lines of
// JSON on its standard input and output. Copies are needed if a run has more connections than
// one process may have descriptors. All read the same monotonic clock.
//
// [Driver.Measure] and [Driver.During] block; one goroutine at a time calls them. The end of
// their context cuts a run, which then ends with what it has. The package knows no
// scenarios, and does not judge.
package drive
