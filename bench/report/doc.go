// Package report turns raw results of benchmarks into REPORT.md, plots, and the generated parts of the
// documents that publish them. REPORT.md has every table.
//
// Package results reads the runs and decides which of them count. Package goals judges the project's goals,
// package chart draws, and package markdown writes tables and sections. This package has the documents' content.
//
// A figure is shown as the median of its runs with their range. Sentences about an order of servers are generated
// from the figures, and only if the order exceeds the noise (claims.go). If both client shapes were measured, it must
// hold with both (shapes.go). A client shape is the number of the client's loops: one per core, or one.
//
// The same results give the same bytes, so a test can compare the documents with the raw
// results. The package measures nothing, and changes nothing outside the markers of a
// document, except REPORT.md and the plots, which it writes as a whole.
package report
