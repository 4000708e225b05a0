package natsbus

import (
	"encoding/base64"
	"errors"
	"math/rand/v2"

	"github.com/bytedance/sonic"
	"github.com/nats-io/nats.go"
)

// leaderGet is what the stream's leader alone answers. With AllowDirect any replica answers
// directGet, also one that is behind.
const leaderGet = "$JS.API.STREAM.MSG.GET." + streamName

// codeNoMessage is JetStream's error code for a message that the stream does not have.
const codeNoMessage = 10037

// parseLeader reads an answer to leaderGet about a room's subject.
func parseLeader(m *nats.Msg, subject string) (a leaderAnswer, err error) {
	var told struct {
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
		return a, errors.New("natsbus: nobody leads the stream")
	}
	if err := sonic.Unmarshal(m.Data, &told); err != nil {
		return a, err
	}
	switch {
	case told.Error != nil && told.Error.Code == codeNoMessage:
		return a, nil
	case told.Error != nil:
		return a, errors.New("natsbus: " + told.Error.Description)
	case told.Message == nil:
		return a, errors.New("natsbus: the stream's leader has answered something else")
	}
	a.found, a.at, a.room = true, told.Message.Seq, told.Message.Subject == subject
	if !a.room {
		return a, nil
	}
	b, err := base64.StdEncoding.DecodeString(told.Message.Data)
	if err != nil {
		return a, err
	}
	a.head, _, err = parseBatch(b)
	return a, err
}

var errNotTaken = errors.New("natsbus: the stream takes nothing yet")

// onLeader handles what the stream's leader says.
func (s *subject) onLeader(number uint64, m *nats.Msg) {
	a, err := parseLeader(m, inPrefix+s.token)
	if err == nil { // else the tick asks again
		s.handle(&event{kind: evAnswer, number: number, answer: a, random: rand.Uint64(), stream: s.bus.progress.view()})
	}
}
