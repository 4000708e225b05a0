package natsbus

import (
	"encoding/base64"
	"errors"

	"github.com/bytedance/sonic"
	"github.com/nats-io/nats.go"
)

// leaderGet is what the stream's leader alone answers. With AllowDirect any replica answers
// directGet, also one that is behind.
const leaderGet = "$JS.API.STREAM.MSG.GET." + streamName

// codeNoMessage is JetStream's error code for a message that the stream does not have.
const codeNoMessage = 10037

// leaderAnswer is what the stream's leader has.
type leaderAnswer struct {
	found bool
	at    uint64
	room  bool // it is a batch of the room that was asked about, and head its head
	head  head
}

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

// askLeader has the sender ask the stream's leader about the room. mu is held.
func (s *subject) askLeader() {
	if s.asking == 0 {
		s.toAsk = true
		s.bus.sends.push(s)
	}
}

// question notes that the leader is asked, and returns the request: what is in the mark's place, or
// the room's last batch. mu is held.
func (s *subject) question(now moment) readRequest {
	s.toAsk, s.asking, s.askedAt, s.askedOf = false, s.bus.numbers.Add(1), now, s.mark
	s.bus.stats.reads.Add(1)
	for i := range s.reached {
		s.reached[i].asked = !s.second
	}
	if s.second {
		return readRequest{Seq: s.mark.at}
	}
	return readRequest{LastFor: inPrefix + s.token}
}

func (s *subject) sendQuestion(l *link) {
	s.mu.Lock()
	if !s.toAsk || s.asking != 0 {
		s.mu.Unlock()
		return
	}
	request := s.question(s.bus.now())
	number := s.asking
	s.mu.Unlock()
	if body, err := sonic.Marshal(request); err == nil {
		_ = l.conn.PublishRequest(leaderGet, l.reply(leaderKind, s, number), body) // if it fails the pulse asks again
	}
}

// onLeader handles what the stream's leader says.
func (s *subject) onLeader(number uint64, m *nats.Msg) {
	a, err := parseLeader(m, inPrefix+s.token)
	var done settled
	s.mu.Lock()
	if s.asking == number && err == nil { // else the pulse asks again
		s.asking = 0
		switch {
		case s.judgeClaims(a):
			done = s.renew(a.at, s.epoch)
		case s.askedOf == s.mark:
			done = s.judge(a)
		default: // the answer is older than what this node knows by now
			s.second = false
			if s.doubt {
				s.askLeader()
			}
		}
		s.advance()
	}
	s.mu.Unlock()
	done.tell()
}

// leaderLate asks again what was not answered, and sees to it that a doubt is followed up. mu is
// held.
func (s *subject) leaderLate(now moment) {
	if s.asking != 0 && now-s.askedAt > readTimeout {
		s.asking, s.second = 0, false
		s.askLeader()
	}
	if s.doubt && s.asking == 0 && !s.toAsk && s.reading == 0 && !s.renewing() {
		s.read()
	}
}
