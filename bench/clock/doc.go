// Package clock reads the monotonic clock that all processes of a machine share, and sleeps
// until a context ends.
//
// Any goroutine may call it. It has no state and no timers of its own.
package clock
