// Package codec encodes and decodes the JSON that plenum and its clients exchange: messages, commands and their answers. It
// also encodes server-sent events. PROTOCOL.md in this folder describes the whole protocol.
//
// Package codec/frame has the WebSocket frames around the JSON, codec/deflate the compression of messages, and
// codec/extension the header that negotiates compression.
//
// All functions may be called from any goroutine. They do no I/O, and keep no state except pools of buffers.
//
// # Messages
//
// A message of a room is a text frame with one JSON object. The order of the keys is fixed:
//
//	{"sender":"Alex","text":"Hello everyone!","room":"general","timestamp":1721433600000,"seq":42}
//
// A message may have the name of an event and data, any JSON, next to the text or instead of it. A part that is empty is left
// out:
//
//	{"sender":"Alex","event":"paid","data":{"order":7},"room":"general","timestamp":1721433600000,"seq":43}
//
// The timestamp is the server's time in Unix milliseconds. seq numbers the messages of a room from 1, without
// holes, and all members see the same order.
//
// seq is the last key, so a message can be encoded before its room has numbered it. [Encode] encodes it once, outside
// any lock. [AppendFrame] appends the whole frame, with its header and seq, to the room's log. All members are sent these
// bytes.
//
// # Infos of members
//
// The join of a member may have an info, any JSON. It is in the body of the announcement, before the seq ([AppendInfo]):
//
//	{"sender":"System","text":"Alex joined the room","room":"general","timestamp":1721433600000,"info":{"team":7},"seq":
//
// [AppendFrame] leaves the info out of the frame, so most clients do not receive it. [InfoOf] returns the info for the clients
// that are sent announcements with an event and data ([AppendAnnouncement]).
//
// # Gaps
//
// If a member has skipped messages, package rooms sends it a [Gap] with the missing numbers. If a member resumes at a position
// and not all messages after it are retained, the caller of rooms.Hub.Resume sends it a Gap:
//
//	{"type":"gap","room":"general","from":43,"to":97,"epoch":"1x"}
//
// If the member's position is of another epoch, the messages after it in that epoch are lost too. Then from is 1, and to is 0
// if no message of the new epoch is missing.
//
// # Connections to one room
//
// A connection to one room is first sent a [Resumed], before any gap, if its URL has the parameter since, even an empty one.
// seq is the number of the last message before the join:
//
//	{"type":"joined","room":"general","epoch":"1x","seq":97,"recovered":true}
//
// # Connections to several rooms
//
// A connection to several rooms sends one [Command] per text frame. Each command is answered once, with the same id. The
// id is optional.
//
//	{"type":"join","id":1,"room":"a","since":"1x:42"}
//	{"type":"joined","id":1,"room":"a","epoch":"1x","seq":97,"members":3,"recovered":true}
//	{"type":"leave","id":2,"room":"a"}
//	{"type":"left","id":2,"room":"a"}
//	{"type":"publish","id":3,"room":"a","text":"hi"}
//	{"type":"published","id":3,"room":"a","seq":98}
//	{"type":"members","id":4,"room":"a","cursor":""}
//	{"type":"members","id":4,"room":"a","members":["Alex"],"cursor":""}
//	{"type":"refresh","id":5,"token":"eyJ…"}
//	{"type":"refreshed","id":5,"expires":1721437200000}
//	{"type":"ping","id":6}
//	{"type":"pong","id":6,"timestamp":1721433600000}
//	{"type":"error","id":7,"code":"not_joined","message":"join the room first"}
//
// Joins may be answered out of order. A leave cancels a join that is not answered yet. Then the join is answered by an
// error with the code cancelled, and the leave by left.
package codec
