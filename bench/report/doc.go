// Package report turns raw results of benchmarks into plots and into the generated parts of
// the documents that publish them.
//
// Results belong to sets: a set is all runs that one suite made with the same programs and
// options. Figures are of the newest set only. Runs of other sets are counted and not used.
//
// A figure is shown as the median of its runs with their range. Goals compare medians.
//
// The same results give the same bytes, so a test can compare the documents with the raw
// results. The package measures nothing, and changes nothing outside the markers of a
// document.
package report
