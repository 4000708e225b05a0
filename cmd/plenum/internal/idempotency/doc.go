// Package idempotency remembers which requests have published their messages, so that a repeated request does not publish them
// again.
//
// A [Call] is one request with the results of its messages. [Keys] keeps the calls by the caller and the key that the caller
// chose. It keeps each call for [Keep], and at most [MaxResults] results of all calls together. Beyond that it forgets the
// oldest calls first, and counts the calls that were younger than Keep.
//
// The keys are in the memory of this process: another node does not know them, and a restart forgets them. The package does
// not publish. All methods may be called from any goroutine; no lock is held while calling out.
package idempotency
