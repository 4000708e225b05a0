package manifest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"plenum/bench/peers/internal/room"
)

// Wraps reports whether the peer itself makes the envelope of a message.
func (p Peer) Wraps() bool { return strings.Contains(p.Receive, "{envelope}") }

// The placeholders of Receive that stand for the parts of a message, if the peer makes no envelope.
var parts = strings.NewReplacer(
	regexp.QuoteMeta("{text}"), `(?P<text>"(?:[^"\\]|\\.)*")`,
	regexp.QuoteMeta("{user}"), `(?P<user>[^"]*)`,
	regexp.QuoteMeta("{seq}"), `(?P<seq>[0-9]+)`,
	regexp.QuoteMeta("{any}"), `[^"]*`,
	regexp.QuoteMeta("{first}"), `(?:,"epoch":"[^"]*")?`, // only in the first message of a room
)

// envelopesOf returns the envelopes that the messages in a frame amount to. They have no timestamp.
func (p Peer) envelopesOf(roomName string, frame []byte) (found [][]byte) {
	pattern := regexp.MustCompile("^" + parts.Replace(regexp.QuoteMeta(strings.ReplaceAll(p.Receive, "{room}", inner(roomName)))) + "$")
	for line := range bytes.SplitSeq(frame, []byte("\n")) {
		got := pattern.FindSubmatch(line)
		if got == nil {
			continue
		}
		part := func(name string) string { return string(got[pattern.SubexpIndex(name)]) }
		m := room.Message{Sender: part("user"), Room: roomName}
		m.Seq, _ = strconv.ParseUint(part("seq"), 10, 64) // digits; the check finds a wrong one
		if json.Unmarshal([]byte(part("text")), &m.Text) == nil {
			found = append(found, m.Append(nil))
		}
	}
	return found
}

// token returns a JSON Web Token for a user, signed with HS256.
func token(secret, user string) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(fmt.Appendf(nil, `{"sub":"%s"}`, inner(user)))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}
