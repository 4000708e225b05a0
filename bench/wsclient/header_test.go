package wsclient

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/internal/fakeserver"
)

func TestHeadersOfTheUserAreSentWithTheUpgrade(t *testing.T) {
	received := make(chan http.Header, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received <- r.Header.Clone()
		options := &websocket.AcceptOptions{Subprotocols: []string{"chat.v2"}, InsecureSkipVerify: true} // of the Origin
		if conn, err := websocket.Accept(w, r, options); err == nil {
			fakeserver.Echo(r.Context(), conn)
		}
	}))
	t.Cleanup(server.Close)
	r := newRecorder(t, Config{Loops: 1, Headers: []string{
		"Origin: https://example.com", "Sec-WebSocket-Protocol: chat.v1, chat.v2", "Cookie: a=1", "Cookie: b=2",
	}})
	_, err := r.Dial(fakeserver.Context(t), strings.Replace(server.URL, "http", "ws", 1), 0)
	require.NoError(t, err, "the server chose a subprotocol that was offered")
	h := fakeserver.Next(t, received)
	assert.Equal(t, "https://example.com", h.Get("Origin"))
	assert.Equal(t, []string{"a=1", "b=2"}, h.Values("Cookie"))
}

func TestASubprotocolMustHaveBeenOffered(t *testing.T) {
	const key = "dGhlIHNhbXBsZSBub25jZQ=="
	head := switchingProtocols + "\r\nSec-WebSocket-Protocol: chat.v2"
	assert.NoError(t, checkResponse(head, key, false, subprotocols([]string{"SEC-websocket-protocol:chat.v1 , chat.v2"})))
	assert.NoError(t, checkResponse(switchingProtocols, key, false, []string{"chat.v2"}), "a server need not choose one")
	err := checkResponse(head, key, false, []string{"chat.v1"})
	assert.EqualError(t, err, `server chose sec-websocket-protocol "chat.v2", which was not offered`)
}

func TestAHeaderIsANameAndAValue(t *testing.T) {
	for line, valid := range map[string]bool{
		"Origin: https://example.com":       true,
		"Authorization:Bearer a.b-c":        true,
		"X-Empty:":                          true,
		"Sec-WebSocket-Protocol: chat":      true,
		"":                                  false,
		"Origin":                            false,
		": x":                               false,
		"Two Words: x":                      false,
		"Umlaut-ä: x":                       false,
		"X: a\r\nEvil: b":                   false,
		"X: a\x00":                          false,
		"host: example.com":                 false,
		"Sec-WebSocket-Extensions: x":       false,
		"Content-Length: 5":                 false,
		"Cookie: name=\"välue\"; other=\t1": true,
	} {
		assert.Equal(t, valid, ValidHeader(line), "%q", line)
	}
}
