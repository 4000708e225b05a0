package natsbus

import (
	"encoding/binary"

	"plenum/rooms"
)

// The wire format of a report. All numbers are big-endian. The names of a small room follow. At these offsets
// it has:
//
//	0   node that reports
//	8   count of its members, 4 bytes
//	12  count of joins that another node is to announce, 4 bytes
//	16  count of such leaves, 4 bytes
//	20  1 if the node asks the others for their reports, else 0
const reportSize = 8 + 4 + 4 + 4 + 1

// reportMessage is a report about a room, from one node to the others.
type reportMessage struct {
	node uint64
	report
	joined, left int
	wantsReports bool
}

// encode returns the report in wire format. If it would be larger than limit bytes, it has no names.
func (h *reportMessage) encode(limit int) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, reportSize), h.node)
	b = binary.BigEndian.AppendUint32(b, uint32(h.members))
	b = binary.BigEndian.AppendUint32(b, uint32(h.joined))
	b = binary.BigEndian.AppendUint32(b, uint32(h.left))
	b = append(b, 0)
	if h.wantsReports {
		b[reportSize-1] = 1
	}
	return appendNames(b, h.names, limit)
}

// parseReport parses another node's report. ok is false if b is malformed, or a report of this node.
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

// Each name in a report has the node's rooms.Standing, 1 byte; the length of the name as an unsigned varint; and the
// name. Nodes of an older version ignore the names.

// appendNames appends names to a report. If it would be larger than limit bytes, it returns b unchanged.
func appendNames(b []byte, names rooms.Names, limit int) []byte {
	had := len(b)
	for name, standing := range names {
		b = append(b, byte(standing))
		b = append(binary.AppendUvarint(b, uint64(len(name))), name...)
		if len(b) > limit {
			return b[:had]
		}
	}
	return b
}

// parseNames parses the names of a report. It returns nil if there are none, or if b is malformed.
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
