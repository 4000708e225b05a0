// Package fakeserver has the servers that bench's tests connect to: a hub with rooms that can
// lose, repeat and delay messages, scripts on a bare socket, and a server that costs no
// memory.
//
// Only tests import it. It knows neither the client nor the load, so that tests of every
// layer can use it.
package fakeserver
