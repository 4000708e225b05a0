// Package fakeserver has the servers to which the tests of bench connect:
//
//   - [Hub]: a server with rooms that can lose, repeat and delay messages;
//   - [Wire.Serve] and [Wire.Script]: handlers of a WebSocket connection or of its bare socket;
//   - [RawServer]: a server whose connections take no Go memory.
//
// Only tests import it. It knows neither the client nor the load, so the tests of every layer can
// use it.
package fakeserver
