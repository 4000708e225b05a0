package pusher

import (
	"bytes"
	"strconv"
)

// AppendMembers appends the data of pusher_internal:subscription_succeeded in a presence channel, as a JSON text. count is
// the number of all users, which may be more than users has.
//
//	{"presence":{"count":2,"ids":["1","2"],"hash":{"1":{"name":"A"},"2":null}}}
func AppendMembers(dst []byte, users []User, count int) []byte {
	dst = strconv.AppendInt(append(dst, `{"presence":{"count":`...), int64(count), 10)
	dst = append(dst, `,"ids":[`...)
	for i, u := range users {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, u.ID)
	}
	dst = append(dst, `],"hash":{`...)
	for i, u := range users {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendQuoted(dst, u.ID), ':')
		dst = appendInfo(dst, u.Info)
	}
	return append(dst, "}}}"...)
}

// appendInfo appends an info as JSON.
func appendInfo(dst []byte, info string) []byte {
	if info == "" {
		return append(dst, "null"...)
	}
	return append(dst, info...)
}

// announcing begins the body of each announcement, and no body of another event: clients cannot send its name.
const announcing = `{"event":"pusher_internal:`

// IsAnnouncement reports whether body is that of an announcement of the server.
func IsAnnouncement(body []byte) bool {
	return bytes.HasPrefix(body[prefix(body):], []byte(announcing))
}

// AppendMemberAdded appends the body of pusher_internal:member_added. except is the socket id of the new member.
func AppendMemberAdded(dst []byte, except, channel string, u User) []byte {
	data := appendQuoted([]byte(`{"user_id":`), u.ID)
	if u.Info != "" {
		data = append(append(data, `,"user_info":`...), u.Info...)
	}
	return AppendEvent(dst, except, "pusher_internal:member_added", channel, string(append(data, '}')))
}

// AppendMemberRemoved appends the body of pusher_internal:member_removed.
func AppendMemberRemoved(dst []byte, channel, id string) []byte {
	data := append(appendQuoted([]byte(`{"user_id":`), id), '}')
	return AppendEvent(dst, "", "pusher_internal:member_removed", channel, string(data))
}

// AppendCount appends the body of pusher_internal:subscription_count.
func AppendCount(dst []byte, channel string, subscribers int) []byte {
	data := append(strconv.AppendInt([]byte(`{"subscription_count":`), int64(subscribers), 10), '}')
	return AppendEvent(dst, "", "pusher_internal:subscription_count", channel, string(data))
}
