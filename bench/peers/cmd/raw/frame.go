package main

import (
	"encoding/binary"

	"plenum/bench/peers/internal/peer"
)

// Opcodes of RFC 6455 section 5.2.
const (
	opText   = 1
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
)

// maxHeader is the size of the longest frame header that this server sends.
const maxHeader = 10

var pingFrame = appendFrame(nil, opPing, nil)

type frame struct {
	opcode  byte
	payload []byte
}

// parse reads a client's frame of n bytes from data and unmasks it in place. n is 0 if the frame is
// incomplete. ok is false for frames that this server does not accept: frames without a mask,
// fragments, reserved opcodes and frames that are too long.
func parse(data []byte) (f frame, n int, ok bool) {
	if len(data) < 2 {
		return frame{}, 0, true
	}
	f.opcode = data[0] & 0x0f
	if data[0]&0xf0 != 0x80 || data[1]&0x80 == 0 || !known(f.opcode) {
		return frame{}, 0, false
	}
	length, head := uint64(data[1]&0x7f), 2
	switch length {
	case 126:
		head = 4
	case 127:
		head = 10
	}
	if len(data) < head+4 {
		return frame{}, 0, true
	}
	switch length {
	case 126:
		length = uint64(binary.BigEndian.Uint16(data[2:]))
	case 127:
		length = binary.BigEndian.Uint64(data[2:])
	}
	if length > peer.MaxMessage {
		return frame{}, 0, false
	}
	n = head + 4 + int(length)
	if len(data) < n {
		return frame{}, 0, true
	}
	f.payload = data[head+4 : n : n]
	unmask(f.payload, [4]byte(data[head:]))
	return f, n, true
}

func known(opcode byte) bool {
	return opcode == opText || opcode == opBinary || opcode >= opClose && opcode <= opPong
}

func unmask(payload []byte, key [4]byte) {
	for i := range payload {
		payload[i] ^= key[i&3]
	}
}

// appendFrame appends a complete frame without a mask, as servers send it.
func appendFrame(dst []byte, opcode byte, payload []byte) []byte {
	dst = append(dst, 0x80|opcode)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
	}
	return append(dst, payload...)
}
