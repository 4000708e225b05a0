package natsbus

import (
	"encoding/binary"

	"plenum/rooms"
)

// The names in a word of who is here: for each the node's standing, 1 byte, its length as an unsigned
// varint, and the name. Nodes of an older version do not look at them.

// appendNames appends names to a word, unless it is larger than most bytes then.
func appendNames(b []byte, names rooms.Names, most int) []byte {
	had := len(b)
	for name, is := range names {
		b = append(b, byte(is))
		b = append(binary.AppendUvarint(b, uint64(len(name))), name...)
		if len(b) > most {
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
