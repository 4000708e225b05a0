package room

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestEnvelopeIsJSONInTheKeyOrderOfTheProtocol(t *testing.T) {
	m := Message{Sender: "Alex", Text: "Hello everyone!", Room: "general", Timestamp: 1721433600000, Seq: 42}
	const want = `{"sender":"Alex","text":"Hello everyone!","room":"general","timestamp":1721433600000,"seq":42}`
	if got := string(m.Append(nil)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEnvelopeCarriesEveryText(t *testing.T) {
	for _, text := range []string{"", `a"b\c`, "line\nfeed\ttab\x01", "é 漢 🎈", "<b>&</b>", "\x7f"} {
		var back Message
		if err := json.Unmarshal(Message{Text: text}.Append(nil), &back); err != nil || back.Text != text {
			t.Errorf("%q was decoded as %q, %v", text, back.Text, err)
		}
	}
}

func TestMembersAreThoseThatJoinedAndDidNotLeave(t *testing.T) {
	var rooms Rooms[int]
	r, model := rooms.Get("a"), map[int]bool{}
	for range 2000 {
		m := rand.IntN(40)
		if rand.IntN(2) == 0 {
			r.Join(m)
			model[m] = true
		} else {
			r.Leave(m)
			delete(model, m)
		}
		r.Publish("s", "t", time.Time{}, func(_ []byte, members []int) {
			got := slices.Sorted(slices.Values(members))
			if len(slices.Compact(got)) != len(model) || !allIn(got, model) {
				t.Fatalf("members %v, want %v", got, model)
			}
		})
	}
}

func allIn(members []int, model map[int]bool) bool {
	return !slices.ContainsFunc(members, func(m int) bool { return !model[m] })
}

func TestTheSequenceStartsAtOneAndContinuesAfterTheRoomWasEmpty(t *testing.T) {
	var rooms Rooms[int]
	for want := uint64(1); want <= 3; want++ {
		rooms.Get("a").Join(1)
		rooms.Get("a").Publish("s", "t", time.Time{}, func(envelope []byte, _ []int) {
			var m Message
			if err := json.Unmarshal(envelope, &m); err != nil || m.Seq != want {
				t.Fatalf("seq %d, want %d (%v)", m.Seq, want, err)
			}
		})
		rooms.Get("a").Leave(1)
	}
}

func TestLeavingDuringADeliveryDoesNotBlock(t *testing.T) {
	var rooms Rooms[int]
	r := rooms.Get("a")
	r.Join(1)
	r.Publish("s", "t", time.Time{}, func(_ []byte, members []int) { r.Leave(members[0]) })
	r.Publish("s", "t", time.Time{}, func(_ []byte, members []int) {
		if len(members) != 0 {
			t.Errorf("members %v, want none", members)
		}
	})
}
