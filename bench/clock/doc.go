// Package clock reads the monotonic clock that all processes of a machine share. It also sleeps:
// until a context ends, or on the calling thread.
//
// Its functions may be called from any goroutine.
package clock
