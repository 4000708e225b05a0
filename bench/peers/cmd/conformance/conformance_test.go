package main

import (
	"bytes"
	"os/exec"
	"testing"
	"time"

	"plenum/bench/peers/internal/manifest"
	"plenum/bench/peers/internal/room"
)

func TestEveryPeerInGoConforms(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and starts the peers")
	}
	peers, err := manifest.Read("../..")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-C", "../..", "-o", "bin/", "./cmd/...").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, p := range peers {
		if p.Language != "Go" || p.Build[0] != "go" { // Centrifugo takes minutes to build
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			if _, err := examine(t.Context(), p, "../..", false, time.Minute, t.Output()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAnEnvelopeThatDiffersFromTheProtocolIsRefused(t *testing.T) {
	for name, envelope := range map[string]string{
		"order of keys": `{"text":"hi","sender":"A","room":"a","timestamp":1,"seq":1}`,
		"white space":   `{"sender":"A", "text":"hi","room":"a","timestamp":1,"seq":1}`,
		"one key more":  `{"sender":"A","text":"hi","room":"a","timestamp":1,"seq":1,"id":1}`,
		"one key less":  `{"sender":"A","text":"hi","room":"a","timestamp":1}`,
		"needless \\u":  `{"sender":"A","text":"\u003cb\u003e","room":"a","timestamp":1,"seq":1}`,
	} {
		if _, err := decode([]byte(envelope)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestAHoleADuplicateOrAnotherOrderIsDetected(t *testing.T) {
	message := func(seq uint64) []byte { return room.Message{Sender: "A", Room: "a", Seq: seq}.Append(nil) }
	first := [][]byte{message(1), message(2), message(3)}
	for name, got := range map[string][][]byte{
		"hole":   {first[0], first[2]},
		"double": {first[0], first[1], first[1]},
		"order":  {first[1], first[0], first[2]},
		"other":  {first[0], bytes.Replace(first[1], []byte(`"A"`), []byte(`"B"`), 1)},
	} {
		if same(&client{user: "B"}, got, first, false) == nil {
			t.Errorf("%s: not seen", name)
		}
	}
	if err := same(&client{user: "B"}, first[1:], first, false); err != nil {
		t.Errorf("a member that joined later: %v", err)
	}
}
