package natsbus

import (
	"encoding/binary"
	"errors"
	"iter"

	"plenum/rooms"
)

// A batch contains messages of one room, as the stream stores them. It begins with a head. Then each message
// follows: its length as an unsigned varint, and the body that rooms.Config.Frame takes. All numbers of the
// head are big-endian. At these offsets it has:
//
//	0   version, 1
//	1   epoch of the room
//	9   number of the first message; of the next message if the batch has none
//	17  time of creation, Unix milliseconds
//	25  node that created the batch
//	33  number of the batch on that node
//	41  count of messages, 4 bytes
const (
	batchVersion = 1
	headSize     = 45
)

// head is the head of a batch.
type head struct {
	epoch  rooms.Epoch
	first  uint64
	born   int64
	node   uint64
	number uint64
	count  uint32
}

// put writes h over the first headSize bytes of b.
func (h head) put(b []byte) {
	b[0] = batchVersion
	binary.BigEndian.PutUint64(b[1:], uint64(h.epoch))
	binary.BigEndian.PutUint64(b[9:], h.first)
	binary.BigEndian.PutUint64(b[17:], uint64(h.born))
	binary.BigEndian.PutUint64(b[25:], h.node)
	binary.BigEndian.PutUint64(b[33:], h.number)
	binary.BigEndian.PutUint32(b[41:], h.count)
}

// last returns the number of the batch's last message. If the batch has no messages, it is the number before first.
func (h head) last() uint64 { return h.first + uint64(h.count) - 1 }

var errBatch = errors.New("natsbus: not a batch, or of another version")

// parseBatch checks all of b. The messages are a part of b.
func parseBatch(b []byte) (h head, messages []byte, err error) {
	if len(b) < headSize || b[0] != batchVersion {
		return head{}, nil, errBatch
	}
	h = head{
		epoch:  rooms.Epoch(binary.BigEndian.Uint64(b[1:])),
		first:  binary.BigEndian.Uint64(b[9:]),
		born:   int64(binary.BigEndian.Uint64(b[17:])),
		node:   binary.BigEndian.Uint64(b[25:]),
		number: binary.BigEndian.Uint64(b[33:]),
		count:  binary.BigEndian.Uint32(b[41:]),
	}
	messages = b[headSize:]
	n := uint32(0)
	for rest := messages; len(rest) > 0; n++ {
		size, k := binary.Uvarint(rest)
		if k <= 0 || size > uint64(len(rest)-k) {
			return head{}, nil, errBatch
		}
		rest = rest[k+int(size):]
	}
	if n != h.count || h.first == 0 || h.first+uint64(n) < h.first {
		return head{}, nil, errBatch
	}
	return h, messages, nil
}

// appendMessage appends a message to b, which is a batch.
func appendMessage(b, body []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(body))), body...)
}

// bodies iterates over the bodies of messages, which parseBatch has returned.
func bodies(messages []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for rest := messages; len(rest) > 0; {
			size, k := binary.Uvarint(rest)
			if !yield(rest[k : k+int(size)]) {
				return
			}
			rest = rest[k+int(size):]
		}
	}
}
