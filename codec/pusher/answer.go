package pusher

import "strconv"

// EncodeEstablished returns pusher:connection_established, the first event of a connection. timeout is the time in seconds
// after which a client that receives nothing sends a ping.
func EncodeEstablished(socket string, timeout int) []byte {
	data := append([]byte(`{"socket_id":`), '"')
	data = append(append(data, socket...), `","activity_timeout":`...)
	data = append(strconv.AppendInt(data, int64(timeout), 10), '}')
	b := appendQuoted([]byte(`{"event":"pusher:connection_established","data":`), data)
	return append(b, '}')
}

// EncodeError returns pusher:error. If code is 0, the event has the code null. The event's data is an object, not a string, as
// in the documentation of the protocol.
func EncodeError(code int, message string) []byte {
	b := []byte(`{"event":"pusher:error","data":{"code":null,"message":`)
	if code != 0 {
		b = append(strconv.AppendInt([]byte(`{"event":"pusher:error","data":{"code":`), int64(code), 10), `,"message":`...)
	}
	return append(appendQuoted(b, message), "}}"...)
}

// Constant events of the server.
var (
	EncodedPong = []byte(`{"event":"pusher:pong","data":"{}"}`)
	EncodedPing = []byte(`{"event":"pusher:ping","data":"{}"}`)
)

// Position is the position in a channel at which a subscriber begins. Its fields stand next to data in the event, so clients that
// do not know them ignore them.
type Position struct {
	Epoch     string // changes when the channel begins anew
	Seq       uint64 // of the last event before the subscription
	Recovered bool   // every event since the given position follows
}

// EncodeSubscribed returns pusher_internal:subscription_succeeded. data is the JSON text that becomes a string. at may be
// nil: then the event has no position.
//
//	{"event":"pusher_internal:subscription_succeeded","channel":"a","data":"{}","epoch":"1x","seq":97,"recovered":false}
func EncodeSubscribed(channel string, data []byte, at *Position) []byte {
	b := appendQuoted(appendStart(make([]byte, 0, 192+len(data)+len(data)/4), "pusher_internal:subscription_succeeded", channel), data)
	if at == nil {
		return append(b, '}')
	}
	return append(at.append(b), '}')
}

// append appends the position as the further fields of an object.
func (p Position) append(b []byte) []byte {
	b = append(append(append(b, `,"epoch":"`...), p.Epoch...), `","seq":`...)
	b = append(strconv.AppendUint(b, p.Seq, 10), `,"recovered":`...)
	return strconv.AppendBool(b, p.Recovered)
}

// EncodeSubscriptionError returns pusher:subscription_error. kind is "AuthError" if the signature is the reason. status is an
// HTTP status.
func EncodeSubscriptionError(channel, kind, message string, status int) []byte {
	data := appendQuoted([]byte(`{"type":`), kind)
	data = appendQuoted(append(data, `,"error":`...), message)
	data = append(strconv.AppendInt(append(data, `,"status":`...), int64(status), 10), '}')
	return append(appendQuoted(appendStart(nil, "pusher:subscription_error", channel), data), '}')
}

// EncodeCacheMiss returns pusher:cache_miss.
func EncodeCacheMiss(channel string) []byte {
	return append(appendQuoted([]byte(`{"event":"pusher:cache_miss","channel":`), channel), '}')
}

// EncodeSignedIn returns pusher:signin_success. userData is the user_data of the client.
func EncodeSignedIn(userData string) []byte {
	data := append(appendQuoted([]byte(`{"user_data":`), userData), '}')
	return append(appendQuoted([]byte(`{"event":"pusher:signin_success","data":`), data), '}')
}
