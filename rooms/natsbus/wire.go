package natsbus

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/bytedance/sonic"
	"github.com/nats-io/nats.go"
)

// stored reads a batch that the stream has, and its number there.
func parseStored(m *nats.Msg) (at uint64, h head, messages []byte, err error) {
	at, err = strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
	if err != nil || at == 0 {
		return 0, head{}, nil, errors.New("natsbus: it has no place in the stream")
	}
	h, messages, err = parseBatch(m.Data)
	return at, h, messages, err
}

// ack is what the stream answers to a batch.
type ack struct {
	Seq   uint64 `json:"seq"`
	Error *struct {
		Code        int    `json:"err_code"`
		Description string `json:"description"`
	} `json:"error"`
}

// parseAck reads an answer; none that is ok where it is something else, as the 503 of a server
// where nobody listens.
func parseAck(m *nats.Msg) (a ack) {
	if len(m.Data) == 0 || sonic.Unmarshal(m.Data, &a) != nil {
		return ack{}
	}
	return a
}

func (a ack) ok() bool { return a.Error == nil && a.Seq > 0 }

// wrongSequence tells whether the batch was not taken because it was to follow another than the
// room's last.
func (a ack) wrongSequence() bool {
	return a.Error != nil && (a.Error.Code == codeWrongSequence || a.Error.Code == codeWrongSequence2)
}

// lastSequence is the room's last batch where the answer tells it, as brokers write it.
func (a ack) lastSequence() (at uint64, told bool) {
	_, number, ok := strings.Cut(a.Error.Description, "wrong last sequence: ")
	if !ok {
		return 0, false
	}
	at, err := strconv.ParseUint(number, 10, 64)
	return at, err == nil
}

func nodeName(node uint64) string { return fmt.Sprintf("%016x", node) }
