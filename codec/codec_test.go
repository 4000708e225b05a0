package codec

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
)

func payload(t *testing.T, b []byte) []byte {
	h, n, err := frame.ParseHeader(b)
	require.NoError(t, err)
	require.Equal(t, frame.Text, h.Opcode)
	require.Len(t, b, n+int(h.Length))
	return b[n:]
}

func TestSonicUsesItsFastPath(t *testing.T) {
	require.NoError(t, Pretouch())
	assert.True(t, Fast(), "sonic falls back to encoding/json with this Go version")
}

func TestMessageHasTheDocumentedKeyOrder(t *testing.T) {
	body, err := Encode(Message{Sender: "Alex", Text: "Hello everyone!", Room: "general", Timestamp: 1721433600000, Seq: 7})
	require.NoError(t, err)
	assert.Equal(t,
		`{"sender":"Alex","text":"Hello everyone!","room":"general","timestamp":1721433600000,"seq":42}`,
		string(payload(t, AppendFrame(nil, body.Bytes(), 42))))
}

func TestAnyTextSurvivesEncodingAndDecoding(t *testing.T) {
	for _, text := range []string{"", `"`, `\`, "\u0000\u001f", "<b>&", "\u2028", "κόσμε", "🚀", strings.Repeat("x", 70000)} {
		m := Message{Sender: text, Text: text, Room: text, Timestamp: 1, Seq: 1<<64 - 1}
		body, err := Encode(m)
		require.NoError(t, err)
		framed := AppendFrame(nil, body.Bytes(), m.Seq)
		assert.LessOrEqual(t, len(framed), len(body.Bytes())+FrameOverhead)
		var got Message
		require.NoError(t, json.Unmarshal(payload(t, framed), &got))
		assert.Equal(t, m, got)
	}
}

func TestOnlyMessagesOfSystemAreAnnouncements(t *testing.T) {
	for sender, announces := range map[string]bool{System: true, "system": false, "Systems": false, `System",`: false, "": false} {
		body, err := Encode(Message{Sender: sender, Text: `{"sender":"System",`, Room: System, Timestamp: 1})
		require.NoError(t, err)
		assert.Equal(t, announces, IsAnnouncement(body.Bytes()), sender)
	}
	assert.False(t, IsAnnouncement(nil))
	assert.False(t, IsAnnouncement(EncodeGap(Gap{Room: "a"})))
}

func TestPlainTextIsFramedUnchanged(t *testing.T) {
	assert.Equal(t, "[user3]: hi", string(payload(t, AppendText(nil, []byte("[user3]: hi"), 9))))
}

func TestGapHasTheDocumentedKeyOrder(t *testing.T) {
	g := Gap{Room: "a \"b\"", From: 43, To: 97, Epoch: "1x"}
	assert.Equal(t, `{"type":"gap","room":"a \"b\"","from":43,"to":97,"epoch":"1x"}`, string(payload(t, AppendGap(nil, g))))
	assert.Equal(t, "55 messages were skipped", string(payload(t, AppendTextGap(nil, g))))
}

func TestEventIDIsThePositionAfterTheMessage(t *testing.T) {
	message := `{"sender":"a","text":"b","room":"c","timestamp":5,"seq":42}`
	assert.Equal(t, "id: 1x:42\nevent: message\ndata: "+message+"\n\n", string(AppendMessageEvent(nil, []byte(message), "1x")))
	for _, room := range []string{"a", `,"to":7,`, `{"type":"gap"`} {
		gap := EncodeGap(Gap{Room: room, From: 43, To: 97, Epoch: "1x"})
		assert.Equal(t, "id: 1x:97\nevent: gap\ndata: "+string(gap)+"\n\n", string(AppendMessageEvent(nil, gap, "1x")))
	}
	assert.Equal(t, "id: 1x:42\n\n", string(AppendPosition(nil, "1x", 42)))
}

func TestParsePublishIsStrictAndNamesTheInvalidField(t *testing.T) {
	got, err := ParsePublish([]byte(`{"sender":"Alex","text":"hi"}`))
	require.NoError(t, err)
	assert.Equal(t, Publish{Sender: "Alex", Content: Content{Text: "hi"}}, got)
	got, err = ParsePublish([]byte(`{"text":"a","Text":"b","sender":null}`))
	require.NoError(t, err)
	assert.Equal(t, Publish{Content: Content{Text: "b"}}, got, "if a key occurs twice, its last value counts")
	const noText, text, fields = "text must be a string that is not empty", "text must be a string", "the fields are sender, text, event and data"
	for bad, why := range map[string]string{
		``: "expected a JSON object", `[]`: "expected a JSON object", `"x"`: "expected a JSON object", `{`: "expected a complete JSON object: the input ends too early",
		`{}`: noText, `null`: noText, `{"sender":"x"}`: noText, `{"text":null}`: noText, `{"text":""}`: noText,
		`{"text":{"order":1}}`: text, `{"text":["a"]}`: text, `{"sender":"a","text":7}`: text, `{"text":true,"sender":1}`: text,
		`{"text":{"order":1},"x":2}`: text, `{"text":1,"text":"b"}`: text,
		`{"sender":1}`: "sender must be a string", `{"order":1,"text":2}`: `unknown field "order": ` + fields, `{"sender":"a","txt":"b"}`: `unknown field "txt": ` + fields,
		`{"sender":"a"`: "expected a complete JSON object: the input ends too early", `{"text":"a`: text + ": the input ends too early", `{"text":}`: text + ": invalid character '}' looking for beginning of value",
		`{"sender":"a","text":"b"} x`: "expected one JSON object, but more data follows it", `{"text":"b"}{}`: "expected one JSON object, but more data follows it",
		`{sender:"a"}`:          "expected a JSON object: invalid character 's'",
		"{\"text\":\"\x01\"}":   text + `: invalid character '\x01' in string literal`,
		"{\"text\":\"a\xffb\"}": text + ": the value is not UTF-8", "{\"sender\":\"\xff\",\"text\":\"a\"}": "sender must be a string: the value is not UTF-8",
		"{\"text\":\"a\"}\xff":                    "the input is not UTF-8",
		`{"` + strings.Repeat("k", 1000) + `":1}`: `unknown field "` + strings.Repeat("k", 40) + `": ` + fields,
	} {
		_, err := ParsePublish([]byte(bad))
		assert.ErrorContains(t, err, why, bad)
	}
}

func TestParseCommandIsStrictAndNamesTheInvalidField(t *testing.T) {
	c, err := ParseCommand([]byte(`{"type":"join","id":1,"room":"a","since":"e:42"}`))
	require.NoError(t, err)
	assert.Equal(t, []string{"join", "1", "a", "e:42"}, []string{c.Type, string(c.ID), c.Room, *c.Since})
	const fields, badID = "the fields are type, id, room, since, text, event, data, cursor, infos and token", "id must be a number or a string of at most 64 bytes"
	for bad, want := range map[string][2]string{
		``:                                   {"", "expected a JSON object"},
		`[]`:                                 {"", "expected a JSON object"},
		`null x`:                             {"", "expected a JSON object"},
		`{"type":1,"id":7}`:                  {"7", "type must be a string"},
		`{"type":"join","id":"x","rom":"a"}`: {`"x"`, `unknown field "rom": ` + fields},
		`{"id":1,"room":["a"]}`:              {"1", "room must be a string"},
		`{"since":5,"id":1}`:                 {"1", "since must be a string"},
		`{"text":{"order":1},"id":1}`:        {"1", "text must be a string"},
		`{"cursor":false,"id":null}`:         {"", "cursor must be a string"},
		`{"id":1} {"id":2}`:                  {"1", "expected one JSON object, but more data follows it"},
		`{"id":1,"text":"a`:                  {"1", "text must be a string: the input ends too early"},
		`{"type":"join","id":{}}`:            {"", badID},
		`{"type":"join","id":true}`:          {"", badID},
		`{"id":1,"id":[]}`:                   {"1", badID},
		`{"type":"join","id":"` + strings.Repeat("x", 63) + `"}`: {"", badID},
		"{\"type\":\"join\",\"room\":\"\xff\"}":                  {"", "room must be a string: the value is not UTF-8"},
		"{\"type\":\"join\",\"room\":\"\x01\"}":                  {"", "room must be a string: invalid character"},
	} {
		c, err := ParseCommand([]byte(bad))
		assert.ErrorContains(t, err, want[1], bad)
		assert.Equal(t, want[0], string(c.ID), bad)
	}
	for _, nothing := range []string{`{"type":"ping"}`, `{"type":"ping","id":null}`} {
		c, err = ParseCommand([]byte(nothing))
		require.NoError(t, err)
		assert.Equal(t, `{"type":"pong","timestamp":5}`, string(Pong{ID: c.ID, Timestamp: 5}.Encode()))
	}
}

func TestAnswersHaveTheDocumentedKeyOrder(t *testing.T) {
	id := json.RawMessage("1")
	for want, got := range map[string][]byte{
		`{"type":"joined","id":1,"room":"a","epoch":"e","seq":42,"members":3,"recovered":true}`: Joined{ID: id, Room: "a", Epoch: "e", Seq: 42, Members: 3, Recovered: true}.Encode(),
		`{"type":"joined","room":"a","epoch":"e","seq":42,"recovered":true}`:                    Resumed{Room: "a", Epoch: "e", Seq: 42, Recovered: true}.Encode(),
		`{"type":"left","id":1,"room":"a"}`:                                                     Left{ID: id, Room: "a"}.Encode(),
		`{"type":"published","id":1,"room":"a","seq":43}`:                                       Published{ID: id, Room: "a", Seq: 43}.Encode(),
		`{"type":"members","id":1,"room":"a","members":["x"],"cursor":"x"}`:                     Members{ID: id, Room: "a", Members: []string{"x"}, Cursor: "x"}.Encode(),
		`{"type":"left","room":"a","code":"c"}`:                                                 Left{Room: "a", Code: "c"}.Encode(),
		`{"type":"refreshed","id":1,"expires":5}`:                                               Refreshed{ID: id, Expires: 5}.Encode(),
		`{"type":"refreshed","id":1}`:                                                           Refreshed{ID: id}.Encode(),
		`{"type":"pong","id":1,"timestamp":5}`:                                                  Pong{ID: id, Timestamp: 5}.Encode(),
		`{"type":"error","id":1,"code":"c","message":"m"}`:                                      Refusal{ID: id, Code: "c", Message: "m"}.Encode(),
	} {
		assert.Equal(t, want, string(got))
	}
}

func TestEncodingAllocatesOncePerMessage(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector sync.Pool drops items at random")
	}
	m := Message{Sender: "Alex", Text: strings.Repeat("x", 128), Room: "general", Timestamp: 1721433600000}
	framed := make([]byte, 0, 1024)
	allocs := testing.AllocsPerRun(1000, func() {
		body, _ := Encode(m)
		framed = AppendFrame(framed[:0], body.Bytes(), 42)
		body.Free()
	})
	assert.LessOrEqual(t, allocs, 1.0, "sonic allocates once, whatever the size of the message")
}

// requireExplained expects an err that names the invalid part of b. It must not be the general error, which
// form.explain returns if it finds no invalid part.
func requireExplained(t *testing.T, f form, err error, b []byte) {
	require.NotEqual(t, "expected a JSON object with the fields "+f.names(), err.Error(), "%q", b)
	require.LessOrEqual(t, len(err.Error()), 500)
}

func FuzzParsePublish(f *testing.F) {
	for _, s := range []string{`{"sender":"Alex","text":"hi"}`, `{"text":"\ud800"}`, `{"event":"e","data":[1,{"a":null}]}`, `{"sender":null}`, `{"sender":"a","sender":"b"}`, `[[[[`, "\xff", `{}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePublish(b)
		if err != nil {
			requireExplained(t, publishForm, err, b)
			return
		}
		require.True(t, json.Valid(b), "accepted invalid JSON: %q", b)
		require.True(t, utf8.ValidString(p.Sender) && utf8.ValidString(p.Text) && utf8.ValidString(p.Event), "returned invalid UTF-8 of %q", b)
		require.True(t, p.Data == nil || json.Valid(p.Data), "returned invalid data of %q", b)
	})
}

func FuzzParseCommand(f *testing.F) {
	for _, s := range []string{`{"type":"join","id":1,"room":"a","since":"e:42"}`, `{"type":"ping","id":"x"}`, `{"id":-1e9}`, `{"type":"publish","room":"a","text":""}`, `{"type":"publish","event":"e","data":[1,{"a":null}]}`, `{"id":`, "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCommand(b)
		require.True(t, json.Valid(Refusal{ID: c.ID}.Encode()), "returned an id that is not JSON: %q of %q", c.ID, b)
		if err != nil {
			requireExplained(t, commandForm, err, b)
			return
		}
		require.True(t, json.Valid(b), "accepted invalid JSON: %q", b)
		require.True(t, utf8.ValidString(c.Room) && (c.Text == nil || utf8.ValidString(*c.Text)), "returned invalid UTF-8 of %q", b)
		require.True(t, c.Data == nil || json.Valid(c.Data), "returned invalid data of %q", b)
	})
}

func BenchmarkParseCommand(b *testing.B) {
	command := []byte(`{"type":"publish","id":7,"room":"general","text":"` + strings.Repeat("x", 128) + `"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseCommand(command); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParsePublish(b *testing.B) {
	body := []byte(`{"sender":"Alex","text":"` + strings.Repeat("x", 128) + `"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParsePublish(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMessage(b *testing.B) {
	m := Message{Sender: "Alex", Text: strings.Repeat("x", 128), Room: "general", Timestamp: 1721433600000}
	framed := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		body, _ := Encode(m)
		framed = AppendFrame(framed[:0], body.Bytes(), 42)
		body.Free()
	}
}
