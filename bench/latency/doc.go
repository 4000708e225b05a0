// Package latency counts durations in a histogram with three digits, and writes it in the
// form that every HdrHistogram reads.
//
// A Histogram has one owner at a time. The package measures nothing itself.
package latency
