// Package message writes and reads the texts that a run publishes. A text carries its due time,
// its stream and its number.
//
// All functions are pure and may be called from any goroutine. The package knows neither the
// envelope that a server puts around a text nor the schedule.
package message
