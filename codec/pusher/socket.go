package pusher

import (
	"bytes"
	"strconv"
)

// AppendSocketID appends the socket id of a connection: the node's number, a dot, and the connection's number at this node.
func AppendSocketID(dst []byte, node, conn uint64) []byte {
	dst = append(strconv.AppendUint(dst, node, 10), '.')
	return strconv.AppendUint(dst, conn, 10)
}

// ParseSocketID is the inverse of AppendSocketID, for numbers of at most 19 digits. ok is false if id is no such socket id.
func ParseSocketID(id []byte) (node, conn uint64, ok bool) {
	before, after, _ := bytes.Cut(id, []byte{'.'})
	if node, ok = parseDigits(before); !ok {
		return 0, 0, false
	}
	conn, ok = parseDigits(after)
	return node, conn, ok
}

// parseDigits parses a decimal number without a sign. A number of more than 19 digits is not accepted.
func parseDigits(digits []byte) (n uint64, ok bool) {
	if len(digits) == 0 || len(digits) > 19 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}

// ValidSocketID reports whether id has the form of a socket id: digits, a dot, digits. It may belong to no connection.
func ValidSocketID(id string) bool {
	before, after, ok := bytes.Cut([]byte(id), []byte{'.'})
	return ok && len(id) <= MaxSocketID && onlyDigits(before) && onlyDigits(after)
}

// MaxSocketID is the maximum length of a socket id, in bytes. It is enough for two numbers of 64 bits.
const MaxSocketID = 41

func onlyDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}
