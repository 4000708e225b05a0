package codec

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
		plain := payload(t, AppendFrame(nil, announcement(t, text), 42))
		got := string(AppendAnnouncement([]byte("before "), plain, ""))
		assert.JSONEq(t, string(plain[:len(plain)-len(`,"room":"r","timestamp":5,"seq":42}`)])+","+want+`,"room":"r","timestamp":5,"seq":42}`, got[len("before "):])
		assert.Equal(t, `,"room":"r","timestamp":5,"seq":42}`, got[len(got)-len(`,"room":"r","timestamp":5,"seq":42}`):], "seq stays the last key")
	}
}

// announcement returns the body of an announcement.
func announcement(t testing.TB, text string) []byte {
	body, err := Encode(Message{Sender: System, Text: text, Room: "r", Timestamp: 5})
	require.NoError(t, err)
	return body.Bytes()
}

func TestOtherMessagesGetNoEvent(t *testing.T) {
	for _, message := range []string{
		`{"sender":"Alex","text":"Bea joined the room","room":"r","timestamp":5,"seq":1}`,
		`{"sender":"System","text":"something else","room":"r","timestamp":5,"seq":1}`,
		`{"type":"gap","room":"r","from":1,"to":2,"epoch":"e"}`, ``,
	} {
		assert.Equal(t, message, string(AppendAnnouncement(nil, []byte(message), "")))
	}
}

func TestTheFrameOfAJoinHasNoInfo(t *testing.T) {
	for _, name := range []string{"Alex", `","timestamp":1,"info":{},"seq":1`, "\\", ""} {
		for _, info := range []string{`{"team":7}`, `1`, `"\",\"seq\":"`, `{"timestamp":2,"info":3,"seq":4}`, ``} {
			plain := announcement(t, name+JoinedText)
			body := AppendInfo([]byte("before "), plain, info)[len("before "):]
			assert.True(t, IsAnnouncement(body))
			assert.Equal(t, info, string(InfoOf(body)))
			framed := AppendFrame(nil, body, 1<<64-1)
			assert.Equal(t, AppendFrame(nil, plain, 1<<64-1), framed, "as without an info")
			if info != "" {
				got := AppendAnnouncement(nil, payload(t, framed), info)
				var m struct {
					Data struct{ Info json.RawMessage }
				}
				require.NoError(t, json.Unmarshal(got, &m), "%s", got)
				assert.Equal(t, info, string(m.Data.Info))
			}
		}
	}
}

func TestALeaveHasNoInfo(t *testing.T) {
	plain := payload(t, AppendFrame(nil, announcement(t, "Alex"+LeftText), 1))
	assert.Equal(t, AppendAnnouncement(nil, plain, ""), AppendAnnouncement(nil, plain, "1"))
}

func TestMessagesOfUsersHaveNoInfo(t *testing.T) {
	for _, body := range []string{``, `{"sender":"System",`, `{"sender":"System","timestamp":`, `{"sender":"System","timestamp":1,"info":`,
		`{"sender":"Alex","data":{},"timestamp":1,"info":2,"seq":`} {
		assert.Empty(t, InfoOf([]byte(body)), body)
		assert.Contains(t, string(AppendFrame(nil, []byte(body), 1)), body)
	}
	assert.Zero(t, testing.AllocsPerRun(100, func() { InfoOf(nil) }))
}

// FuzzInfo hides any info in the join of any name. The frame and the info come out unchanged.
func FuzzInfo(f *testing.F) {
	for _, name := range []string{"Alex", `","timestamp":1,"info":`} {
		f.Add(name, `{"a":[1,"x"]}`)
	}
	f.Fuzz(func(t *testing.T, name, info string) {
		if info == "" {
			return
		}
		plain := announcement(t, strings.ToValidUTF8(name, "")+JoinedText)
		body := AppendInfo(nil, plain, info)
		require.Equal(t, info, string(InfoOf(body)))
		require.Equal(t, AppendFrame(nil, plain, 7), AppendFrame(nil, body, 7))
	})
}
