package codec

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAnAnnouncementGetsAnEventAndData(t *testing.T) {
	for text, want := range map[string]string{
		"Alex joined the room":                     `"event":"joined","data":{"name":"Alex"}`,
		"Alex left the room":                       `"event":"left","data":{"name":"Alex"}`,
		"12 joined, 3 left, 4512 here":             `"event":"digest","data":{"joined":12,"left":3,"members":4512}`,
		"1 joined, 2 left, 3 here joined the room": `"event":"joined","data":{"name":"1 joined, 2 left, 3 here"}`,
		"a joined the room left the room":          `"event":"left","data":{"name":"a joined the room"}`,
		"<\u2028> joined the room":                 `"event":"joined","data":{"name":"<\u2028>"}`,
	} {
		body, err := Encode(Message{Sender: System, Text: text, Room: "r", Timestamp: 5})
		assert.NoError(t, err)
		plain := payload(t, AppendFrame(nil, body.Bytes(), 42))
		got := string(AppendAnnouncement([]byte("before "), plain))
		assert.JSONEq(t, string(plain[:len(plain)-len(`,"room":"r","timestamp":5,"seq":42}`)])+","+want+`,"room":"r","timestamp":5,"seq":42}`, got[len("before "):])
		assert.Equal(t, `,"room":"r","timestamp":5,"seq":42}`, got[len(got)-len(`,"room":"r","timestamp":5,"seq":42}`):], "seq stays the last key")
	}
}

func TestOtherMessagesGetNoEvent(t *testing.T) {
	for _, message := range []string{
		`{"sender":"Alex","text":"Bea joined the room","room":"r","timestamp":5,"seq":1}`,
		`{"sender":"System","text":"something else","room":"r","timestamp":5,"seq":1}`,
		`{"type":"gap","room":"r","from":1,"to":2,"epoch":"e"}`, ``,
	} {
		assert.Equal(t, message, string(AppendAnnouncement(nil, []byte(message))))
	}
}
