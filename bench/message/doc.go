// Package message writes and reads the texts that a run publishes. A text carries the time
// at which it was meant to leave, its stream and its number.
//
// All functions are pure and free to call from any goroutine. The package knows neither the
// envelope that a server puts around a text nor the schedule.
package message
