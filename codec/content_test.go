package codec

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// values are JSON values that a decoder and an encoder would change: numbers, escapes, white space, and keys that occur twice.
var values = []string{
	`null`, `0`, `"x"`, `[]`, `{}`, `1.0e5`, `12345678901234567890.10`, `{"b":1,"a":2,"b":3}`, `"\u003c<\ud800\/"`,
	"{ \"a\" :\n\t[ 1 ,\r\n2 ] }", strings.Repeat("[", 1000) + strings.Repeat("]", 1000),
}

func TestDataIsPassedThroughUnchanged(t *testing.T) {
	for _, data := range values {
		command, err := ParseCommand([]byte(`{"type":"publish","room":"r","event":"e","data":` + data + `}`))
		require.NoError(t, err, data)
		content, err := command.Content()
		require.NoError(t, err, data)
		published, err := ParsePublish([]byte(`{"sender":"a","event":"e","data":` + data + `}`))
		require.NoError(t, err, data)
		assert.Equal(t, content, published.Content)

		body, err := Encode(content.Message("a", "r", 5))
		require.NoError(t, err, data)
		assert.Equal(t, `{"sender":"a","event":"e","data":`+data+`,"room":"r","timestamp":5,"seq":42}`, string(payload(t, AppendFrame(nil, body.Bytes(), 42))))
		body.Free()
	}
}

func TestAMessageHasTheDocumentedKeysInOrder(t *testing.T) {
	for want, m := range map[string]Message{
		`{"sender":"a","text":"t","room":"r","timestamp":5,"seq":1}`:                             {Text: "t"},
		`{"sender":"a","event":"e","room":"r","timestamp":5,"seq":1}`:                            {Event: "e"},
		`{"sender":"a","data":null,"room":"r","timestamp":5,"seq":1}`:                            {Data: json.RawMessage("null")},
		`{"sender":"a","text":"t","event":"e","data":[],"room":"r","timestamp":5,"seq":1}`:       {Text: "t", Event: "e", Data: json.RawMessage("[]")},
		`{"sender":"a","text":"t","event":"\"","data":{"a":1},"room":"r","timestamp":5,"seq":1}`: {Text: "t", Event: `"`, Data: json.RawMessage(`{"a":1}`)},
	} {
		m.Sender, m.Room, m.Timestamp = "a", "r", 5
		body, err := Encode(m)
		require.NoError(t, err)
		assert.Equal(t, want, string(payload(t, AppendFrame(nil, body.Bytes(), 1))))
	}
}

func TestContentNeedsATextAnEventOrData(t *testing.T) {
	for fields, why := range map[string]string{
		`"text":""`: ErrNoText.Error(), `"event":""`: ErrNoText.Error(), `"event":null`: ErrNoText.Error(), `"text":null,"event":""`: ErrNoText.Error(),
		`"event":"a\nb"`: errBadEvent.Error(), `"event":"` + strings.Repeat("é", MaxEvent/2) + `x"`: errBadEvent.Error(),
		`"event":"` + strings.Repeat("é", MaxEvent/2) + `"`: "", `"data":null`: "", `"data":""`: "", `"text":"","data":0`: "",
		`"event":7`: "event must be a string", `"data":tru`: "data must be JSON: invalid character", `"data":`: "data must be JSON", `"data":"\x"`: "data must be JSON",
		`"data":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000): "data must be JSON: ",
	} {
		_, err := ParsePublish([]byte("{" + fields + "}"))
		command, commandErr := ParseCommand([]byte(`{"type":"publish",` + fields + "}"))
		if commandErr == nil {
			_, commandErr = command.Content()
		}
		if why == "" {
			require.NoError(t, err, fields)
			require.NoError(t, commandErr, fields)
			continue
		}
		require.ErrorContains(t, err, why, fields)
		require.ErrorContains(t, commandErr, why, fields)
	}
}

// The data of a server-sent event is one line. A line break in JSON is always between tokens.
func TestAnEventOfAMessageWithLineBreaksIsOneLine(t *testing.T) {
	message := "{\"sender\":\"a\",\"data\":{\r\n\"a\\n\":\n1},\"room\":\"c\",\"timestamp\":5,\"seq\":42}"
	event := AppendMessageEvent([]byte("before\n"), []byte(message), "1x")
	assert.Equal(t, "before\nid: 1x:42\nevent: message\ndata: "+strings.NewReplacer("\n", " ", "\r", " ").Replace(message)+"\n\n", string(event))
}

func BenchmarkParseCommandWithData(b *testing.B) {
	command := []byte(`{"type":"publish","id":7,"room":"general","event":"order","data":{"order":` + strings.Repeat("1", 15) + `,"items":["` + strings.Repeat("x", 100) + `"]}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseCommand(command); err != nil {
			b.Fatal(err)
		}
	}
}
