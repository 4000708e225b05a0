// Package clock reads the monotonic clock that all processes of a machine share, and sleeps until a
// context ends.
//
// Its functions may be called from any goroutine.
package clock
