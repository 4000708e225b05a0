// Package spread summarizes the same figure of several runs. A [Spread] is the median and the range of
// a number. A [Curve] has latencies by percentile.
//
// All functions may be called from any goroutine.
package spread
