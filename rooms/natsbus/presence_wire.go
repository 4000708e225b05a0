package natsbus

import (
	"encoding/binary"

	"plenum/rooms"
)

// A word of who is here: the node, how many members it has, how many have come and gone that
// it does not tell of itself, and whether it wants to be told, 1, or not. The names of a room of few
// members follow.
const reportSize = 8 + 4 + 4 + 4 + 1

// hereWord is a word of who is here, from one node to the others.
type reportMessage struct {
	node uint64
	report
	joined, left int
	wantsReports bool
}

// encode returns the word as it travels, without names if it is larger than most bytes with them.
func (h *reportMessage) encode(max int) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, reportSize), h.node)
	b = binary.BigEndian.AppendUint32(b, uint32(h.members))
	b = binary.BigEndian.AppendUint32(b, uint32(h.joined))
	b = binary.BigEndian.AppendUint32(b, uint32(h.left))
	b = append(b, 0)
	if h.wantsReports {
		b[reportSize-1] = 1
	}
	return appendNames(b, h.names, max)
}

// parseHere reads another node's word of who is here. ok is false if b is no word, or this node's own.
func parseReport(b []byte, this uint64) (h reportMessage, ok bool) {
	if len(b) < reportSize {
		return h, false
	}
	if h.node = binary.BigEndian.Uint64(b); h.node == this {
		return h, false
	}
	h.members = int(binary.BigEndian.Uint32(b[8:]))
	h.joined = int(binary.BigEndian.Uint32(b[12:]))
	h.left = int(binary.BigEndian.Uint32(b[16:]))
	h.wantsReports = b[reportSize-1] == 1
	h.names = parseNames(b[reportSize:])
	return h, true
}

// The names in a word of who is here: for each the node's standing, 1 byte, its length as an unsigned
// varint, and the name. Nodes of an older version do not look at them.

// appendNames appends names to a word, unless it is larger than most bytes then.
func appendNames(b []byte, names rooms.Names, max int) []byte {
	had := len(b)
	for name, standing := range names {
		b = append(b, byte(standing))
		b = append(binary.AppendUvarint(b, uint64(len(name))), name...)
		if len(b) > max {
			return b[:had]
		}
	}
	return b
}

// parseNames reads the names in a word; nil if there are none, or what is there is something else.
func parseNames(b []byte) rooms.Names {
	if len(b) == 0 {
		return nil
	}
	names := rooms.Names{}
	for len(b) > 0 {
		size, k := binary.Uvarint(b[1:])
		if k <= 0 || size > uint64(len(b)-1-k) || !rooms.Standing(b[0]).Valid() {
			return nil
		}
		end := 1 + k + int(size)
		names[string(b[1+k:end])] = rooms.Standing(b[0])
		b = b[end:]
	}
	return names
}
