// Package report turns raw results of benchmarks into REPORT.md, plots, and the generated parts of the
// documents that publish them. REPORT.md has every table.
//
// Results belong to sets: a set is all runs that one suite made with the same programs and
// options. Figures are of the newest set only. Runs of other sets are counted and not used. Runs of
// programs that were built from uncommitted changes, and of several builds of plenum, are refused.
//
// A figure is shown as the median of its runs with their range. An order of two servers is claimed
// only if it exceeds the noise (order.go). If both client shapes were measured, it must hold with both
// (shapes.go). A client shape is the number of the client's loops: one per core, or one. Sentences about an order are generated from the figures (claims.go).
// Goals compare medians.
//
// The same results give the same bytes, so a test can compare the documents with the raw
// results. The package measures nothing, and changes nothing outside the markers of a
// document, except REPORT.md and the plots, which it writes as a whole.
package report
