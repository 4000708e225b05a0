// Package latency counts durations in histograms with three significant digits. It encodes them in
// a form that every HdrHistogram library reads.
//
// A [Histogram] has one owner at a time. A [Recorder] is a histogram with a writer and a reader. The
// package does not measure time.
package latency
