// Package codec is what plenum says on the wire: the room message as JSON, what
// clients may send, and, in codec/frame, the WebSocket frames around it.
//
// A room message is a text frame of JSON in this key order:
//
//	{"sender":"Alex","text":"Hello everyone!","room":"general","timestamp":1721433600000,"seq":42}
//
// timestamp is Unix milliseconds at the server. seq counts a room's messages
// from 1 with no hole; every member sees the same order. seq is the last
// key so that a message is encoded before its room has numbered it: Encode
// makes its bytes once, outside any lock, and AppendFrame closes and frames it for the
// log from which every member is written.
//
// A member that fell too far behind where it may skip, or that comes back to a place of
// which not all is kept, is told which numbers it has missed:
//
//	{"type":"gap","room":"general","from":43,"to":97,"epoch":"1x"}
//
// Where the epoch is another than its own, everything before it is lost too, and from is 1:
// to may be 0, for then all of this epoch follows.
//
// A connection to one room that was opened at a position is told first where it stands, before any gap. seq is
// the last message before it joined:
//
//	{"type":"joined","room":"general","epoch":"1x","seq":97,"recovered":true}
//
// A connection to many rooms sends a Command a text frame, one JSON object, and gets an
// answer to each with the same id, which may be left out:
//
//	{"type":"join","id":1,"room":"a","since":"1x:42"}
//	{"type":"joined","id":1,"room":"a","epoch":"1x","seq":97,"members":3,"recovered":true}
//	{"type":"leave","id":2,"room":"a"}
//	{"type":"left","id":2,"room":"a"}
//	{"type":"publish","id":3,"room":"a","text":"hi"}
//	{"type":"published","id":3,"room":"a","seq":98}
//	{"type":"members","id":4,"room":"a","cursor":""}
//	{"type":"members","id":4,"room":"a","members":["Alex"],"cursor":""}
//	{"type":"ping","id":5}
//	{"type":"pong","id":5,"timestamp":1721433600000}
//	{"type":"error","id":6,"code":"not_joined","message":"join the room first"}
//
// Each command is answered once. Joins may be answered out of order. A join that its client takes back by leave
// before it is answered is answered by an error with the code cancelled, before left.
//
// The functions are pure and may be called from any goroutine.
package codec
