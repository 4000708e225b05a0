// Package metric names the figures of a result, and judges conditions such as p99>50ms.
//
// A [Metric] has a name, a unit, the direction in which it gets better, and the scenarios that
// measure it. [All] returns every metric, and [Named] finds one by its name. A [Condition] compares a
// metric with a bound: [Parse] reads it, and its method Judge tells whether it holds for a result.
//
// [Number] and [Grouped] format figures for all documents, tables and pages.
//
// All functions may be called from any goroutine. The package reads results. It does not compare
// results with each other; package compare does.
package metric
