package main

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"plenum/bench/peers/internal/peer"
)

// masked is the frame as a client sends it.
func masked(opcode byte, payload []byte, key [4]byte) []byte {
	f := appendFrame(nil, opcode, payload)
	head := len(f) - len(payload)
	f[1] |= 0x80
	out := append(bytes.Clone(f[:head]), key[:]...)
	out = append(out, f[head:]...)
	unmask(out[head+4:], key)
	return out
}

func TestFramesAreFoundHoweverTheyAreCut(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 65535, peer.MaxMessage} {
		payload := bytes.Repeat([]byte{'x'}, size)
		wire := masked(opText, payload, [4]byte{1, 2, 3, 4})
		for _, cut := range []int{0, 1, 2, 5, rand.IntN(len(wire)), len(wire) - 1} {
			if _, n, ok := parse(bytes.Clone(wire[:cut])); n != 0 || !ok {
				t.Fatalf("%d of %d bytes gave a frame of %d, %v", cut, len(wire), n, ok)
			}
		}
		f, n, ok := parse(append(wire, "more"...))
		if !ok || n != len(wire) || f.opcode != opText || !bytes.Equal(f.payload, payload) {
			t.Fatalf("size %d: %d of %d bytes, opcode %d, %v", size, n, len(wire), f.opcode, ok)
		}
	}
}

func TestFramesThatAreNotForThisServerAreRefused(t *testing.T) {
	for name, wire := range map[string][]byte{
		"not masked":   appendFrame(nil, opText, []byte("hello")),
		"fragmented":   {0x01, 0x80, 0, 0, 0, 0},
		"compressed":   {0xc1, 0x80, 0, 0, 0, 0},
		"unknown":      {0x83, 0x80, 0, 0, 0, 0},
		"one too long": {0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0},
	} {
		if _, _, ok := parse(wire); ok {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestTheHandshakeAnswersAsInTheRFC(t *testing.T) {
	const key, want = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
	if got := accept(key); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(masked(opText, []byte("hello"), [4]byte{1, 2, 3, 4}))
	f.Add([]byte{0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		fr, n, ok := parse(data)
		if n > len(data) || ok && n > 0 && len(fr.payload) > n {
			t.Errorf("%d of %d bytes", n, len(data))
		}
	})
}
