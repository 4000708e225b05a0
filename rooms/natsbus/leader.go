package natsbus

import (
	"encoding/base64"
	"errors"
	"math/rand/v2"

	"github.com/bytedance/sonic"
	"github.com/nats-io/nats.go"
)

// codeNoMessage is JetStream's error code if the stream does not have the message.
const codeNoMessage = 10037

// parseLeader parses an answer to a request to stream.leader. subject is the room's subject.
func parseLeader(m *nats.Msg, subject string) (a leaderAnswer, err error) {
	var reply struct {
		Message *struct {
			Subject string `json:"subject"`
			Seq     uint64 `json:"seq"`
			Data    string `json:"data"`
		} `json:"message"`
		Error *struct {
			Code        int    `json:"err_code"`
			Description string `json:"description"`
		} `json:"error"`
	}
	if len(m.Data) == 0 {
		return a, errors.New("natsbus: the stream has no leader")
	}
	if err := sonic.Unmarshal(m.Data, &reply); err != nil {
		return a, err
	}
	switch {
	case reply.Error != nil && reply.Error.Code == codeNoMessage:
		return a, nil
	case reply.Error != nil:
		return a, errors.New("natsbus: error from the stream's leader: " + reply.Error.Description)
	case reply.Message == nil:
		return a, errors.New("natsbus: the answer of the stream's leader has neither a message nor an error")
	}
	a.found, a.at, a.room = true, reply.Message.Seq, reply.Message.Subject == subject
	if !a.room {
		return a, nil
	}
	b, err := base64.StdEncoding.DecodeString(reply.Message.Data)
	if err != nil {
		return a, err
	}
	a.head, _, err = parseBatch(b)
	return a, err
}

var errNotTaken = errors.New("natsbus: the stream did not acknowledge a probe")

// onLeader handles an answer of the stream's leader.
func (s *subject) onLeader(number uint64, m *nats.Msg) {
	a, err := parseLeader(m, s.stream.in+s.token)
	if err == nil { // after an error the tick asks again
		s.handle(&event{kind: evAnswer, number: number, answer: a, random: rand.Uint64(), stream: s.stream.progress.view()})
	}
}
