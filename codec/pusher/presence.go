package pusher

import (
	"bytes"
	"slices"
	"strconv"
)

// MemberList is a list of the users of a presence channel, encoded once for several subscribers. It is read-only.
type MemberList struct {
	users     []User
	count     int    // all users of the channel, perhaps more than users
	ids, hash []byte // of users, as they stand in the string of data
}

// NewMemberList encodes a list. It keeps users, which must not change afterwards. count is the number of all users of the
// channel, which may be more than users has.
func NewMemberList(users []User, count int) *MemberList {
	l := &MemberList{users: users, count: count}
	size := 0
	for _, u := range users {
		size += len(u.ID) + len(`\"\",`)
	}
	l.ids = make([]byte, 0, size)
	for i, u := range users {
		l.ids = appendID(l.ids, u, i > 0)
		size += len(u.Info) + len(u.Info)/4
	}
	l.hash = make([]byte, 0, size)
	for i, u := range users {
		l.hash = appendInfo(l.hash, u, i > 0)
	}
	return l
}

// appendID appends an element of ids, after a comma if it is not the first one.
func appendID(dst []byte, u User, comma bool) []byte {
	if comma {
		dst = append(dst, ',')
	}
	var quoted [2*MaxUserID + 2]byte // enough for an id without control characters
	return appendWithin(dst, appendQuoted(quoted[:0], u.ID))
}

// appendInfo appends an element of hash, after a comma if it is not the first one.
func appendInfo(dst []byte, u User, comma bool) []byte {
	dst = append(appendID(dst, u, comma), ':')
	if u.Info == "" {
		return append(dst, "null"...)
	}
	return appendWithin(dst, u.Info)
}

// AppendSubscribed appends pusher_internal:subscription_succeeded with the list. me is the subscriber. If me is not in the list,
// the event has me as the last user.
//
//	{"event":"pusher_internal:subscription_succeeded","channel":"presence-a","data":"{\"presence\":{\"count\":2,
//	\"ids\":[\"1\",\"2\"],\"hash\":{\"1\":{\"name\":\"A\"},\"2\":null}}}","epoch":"1x","seq":97,"recovered":false}
func (l *MemberList) AppendSubscribed(dst []byte, channel string, me User, at Position) []byte {
	listed := slices.ContainsFunc(l.users, func(u User) bool { return u.ID == me.ID })
	n := len(l.users)
	if !listed {
		n++
	}
	dst = slices.Grow(dst, len(l.ids)+len(l.hash)+len(channel)+2*len(me.ID)+2*len(me.Info)+256)
	dst = append(appendStart(dst, "pusher_internal:subscription_succeeded", channel), `"{\"presence\":{\"count\":`...)
	dst = strconv.AppendInt(dst, int64(max(l.count, n)), 10)
	dst = append(append(dst, `,\"ids\":[`...), l.ids...)
	if !listed {
		dst = appendID(dst, me, n > 1)
	}
	dst = append(append(dst, `],\"hash\":{`...), l.hash...)
	if !listed {
		dst = appendInfo(dst, me, n > 1)
	}
	return append(at.append(append(dst, `}}}"`...)), '}')
}

// announcing begins the body of each announcement, and of no other event. Clients can only send names that begin with client-,
// and CheckName refuses this prefix to back ends.
const announcing = `{"event":"pusher_internal:`

// IsAnnouncement reports whether body is the body of an announcement: member_added, member_removed or subscription_count.
func IsAnnouncement(body []byte) bool {
	return bytes.HasPrefix(body[prefix(body):], []byte(announcing))
}

// AppendMemberAdded appends the body of pusher_internal:member_added. except is the socket id of the new member, which does not
// receive the event.
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
