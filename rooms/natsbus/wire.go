package natsbus

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/bytedance/sonic"
	"github.com/nats-io/nats.go"
)

// parseStored parses a batch from the stream. at is its sequence number in the stream.
func parseStored(m *nats.Msg) (at uint64, h head, messages []byte, err error) {
	at, err = strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
	if err != nil || at == 0 {
		return 0, head{}, nil, errors.New("natsbus: a batch without the header Nats-Sequence")
	}
	h, messages, err = parseBatch(m.Data)
	return at, h, messages, err
}

// ack is the stream's answer to a publish.
type ack struct {
	Seq   uint64 `json:"seq"`
	Error *struct {
		Code        int    `json:"err_code"`
		Description string `json:"description"`
	} `json:"error"`
}

// parseAck parses the stream's answer. If m is something else, for example a broker's 503 without a stream, the
// result is not ok.
func parseAck(m *nats.Msg) (a ack) {
	if len(m.Data) == 0 || sonic.Unmarshal(m.Data, &a) != nil {
		return ack{}
	}
	return a
}

func (a ack) ok() bool { return a.Error == nil && a.Seq > 0 }

// wrongSequence reports whether the batch was not taken because the room's last batch is not the expected one.
func (a ack) wrongSequence() bool {
	return a.Error != nil && (a.Error.Code == codeWrongSequence || a.Error.Code == codeWrongSequence2)
}

// lastSequence returns the sequence number of the room's last batch, from the error's description. known is
// false if it is not there.
func (a ack) lastSequence() (at uint64, known bool) {
	_, number, ok := strings.Cut(a.Error.Description, "wrong last sequence: ")
	if !ok {
		return 0, false
	}
	at, err := strconv.ParseUint(number, 10, 64)
	return at, err == nil
}

func nodeName(node uint64) string { return fmt.Sprintf("%016x", node) }
