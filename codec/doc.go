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
// A member that fell too far behind where it may skip is told which numbers it has missed:
//
//	{"type":"gap","room":"general","from":43,"to":97,"epoch":"1x"}
//
// The functions are pure and may be called from any goroutine.
package codec
