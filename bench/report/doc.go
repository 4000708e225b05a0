// Package report turns raw results of benchmarks into the generated parts of the
// documents that publish them, and into plots.
//
// Figures are of one set of runs, those that one suite made with the same programs and
// options: the newest. Others are counted and left out.
//
// The same results give the same bytes, so that a test can tell whether what is
// published is what was measured. Nothing here measures, and nothing outside of the
// markers in a document is changed.
package report
