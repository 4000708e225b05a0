package wsclient

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"plenum/codec/deflate"
)

// switchingProtocols is the response to the key in the example of RFC 6455 section 1.3.
const switchingProtocols = "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n" +
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

func TestTheResponseIsChecked(t *testing.T) {
	const key = "dGhlIHNhbXBsZSBub25jZQ==" // the example of RFC 6455 section 1.3
	const good = switchingProtocols
	const refused = "server did not accept permessage-deflate"
	accepted := good + "\r\nsec-websocket-extensions: " + deflate.Offer
	for name, c := range map[string]struct{ head, want string }{
		"accepted":        {accepted, ""},
		"not accepted":    {good, refused},
		"context is kept": {good + "\r\nSec-WebSocket-Extensions: permessage-deflate", "does not match the offer"},
		"accepted twice":  {accepted + "\r\nSec-WebSocket-Extensions: " + deflate.Offer, "does not match the offer"},
	} {
		err := checkResponse(c.head, key, true, nil)
		if c.want == "" {
			assert.NoError(t, err, name)
			continue
		}
		assert.ErrorContains(t, err, c.want, name)
	}
	for name, c := range map[string]struct{ head, want string }{
		"good":         {good, ""},
		"status":       {strings.Replace(good, "101", "200", 1), "server answered"},
		"wrong accept": {strings.Replace(good, "s3pP", "S3PP", 1), "response has 1 of the headers"},
		"no upgrade":   {strings.Replace(good, "upgrade:", "x:", 1), "response has 1 of the headers"},
		"extension":    {good + "\r\nSec-WebSocket-Extensions: permessage-deflate", "not offered"},
		"subprotocol":  {good + "\r\nSec-WebSocket-Protocol: chat", "not offered"},
	} {
		err := checkResponse(c.head, key, false, nil)
		if c.want == "" {
			assert.NoError(t, err, name)
			continue
		}
		assert.ErrorContains(t, err, c.want, name)
	}
}
