package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"plenum/codec/pusher"
)

// pusherDialect is the dialect of the Pusher Channels protocol. In its documents, 1x stands for the epoch of each channel, and
// … for signatures.
type pusherDialect struct {
	t       *testing.T
	s       *testServer
	sockets map[string]string // by client
	epochs  map[string]string // by channel
}

func newPusherDialect(t *testing.T, s *testServer) pusherDialect {
	return pusherDialect{t, s, map[string]string{}, map[string]string{}}
}

// The key and the secret of the app in the documents.
const (
	demoKey    = "demo-key"
	demoSecret = "demo-secret"
)

// unsigned stands for a signature in a document.
const unsigned = demoKey + ":…"

// url signs a POST request.
func (d pusherDialect) url(line, body string) string {
	line = strings.ReplaceAll(line, "127.0.0.1:8080", address(d.s.url))
	if body == "" {
		return line
	}
	path, _, _ := strings.Cut(strings.TrimPrefix(line, d.s.url), "?")
	return d.s.url + signedBy(demoKey, demoSecret, http.MethodPost, path, body)
}

func (d pusherDialect) says(who, line string) string {
	d.t.Helper()
	var e struct {
		Data struct {
			Channel     string `json:"channel"`
			ChannelData string `json:"channel_data"`
			UserData    string `json:"user_data"`
		}
	}
	require.NoError(d.t, json.Unmarshal([]byte(line), &e), line)
	text := pusher.SubscribeText(d.sockets[who], e.Data.Channel, e.Data.ChannelData)
	if e.Data.UserData != "" {
		text = pusher.SigninText(d.sockets[who], e.Data.UserData)
	}
	line = strings.ReplaceAll(line, unsigned, demoKey+":"+pusher.Sign(demoSecret, text))
	return strings.ReplaceAll(line, `"since":"1x:`, `"since":"`+d.epochs[e.Data.Channel]+":")
}

var sockets = regexp.MustCompile(`\d+\.\d+\\"`)

func (d pusherDialect) hears(who, line string) {
	var e struct{ Event, Channel, Epoch, Data string }
	_ = json.Unmarshal([]byte(line), &e) // the data of an error is no string
	switch e.Event {
	case "pusher:connection_established":
		var data struct {
			Socket string `json:"socket_id"`
		}
		require.NoError(d.t, json.Unmarshal([]byte(e.Data), &data))
		d.sockets[who] = data.Socket
	case "pusher_internal:subscription_succeeded":
		d.epochs[e.Channel] = e.Epoch
	}
}

// escapedEpochs are the epochs in the data of plenum:gap.
var escapedEpochs = regexp.MustCompile(`\\"epoch\\":\\"\w+\\"`)

func (d pusherDialect) same(line string) string {
	return escapedEpochs.ReplaceAllString(sockets.ReplaceAllString(script(line), `S\"`), `\"epoch\":\"E\"`)
}
