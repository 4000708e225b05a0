package pusher_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/codec/pusher"
)

// The key and secret of the published test vectors.
const (
	key    = "278d425bdf160c739803"
	secret = "7ad3773142a6692b25b8"
)

func TestSignaturesFollowTheTestVectors(t *testing.T) {
	for _, tc := range []struct{ text, signature string }{
		{
			pusher.SubscribeText("1234.1234", "private-foobar", ""),
			"58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4",
		},
		{
			pusher.SubscribeText("1234.1234", "presence-foobar", `{"user_id":10,"user_info":{"name":"Mr. Channels"}}`),
			"31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80",
		},
		{
			pusher.SigninText("1234.1234", `{"id":"12345"}`),
			"4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba",
		},
	} {
		assert.Equal(t, tc.signature, pusher.Sign(secret, tc.text), tc.text)
		assert.True(t, pusher.Authorized(key, secret, key+":"+tc.signature, tc.text))
	}
}

func TestAnAuthIsAcceptedOnlyForItsKeySecretAndText(t *testing.T) {
	text := pusher.SubscribeText("1.2", "private-a", "")
	signature := pusher.Sign(secret, text)
	assert.True(t, pusher.Authorized(key, secret, key+":"+signature, text))
	for _, auth := range []string{
		"", ":", key, key + ":", signature, ":" + signature, "x:" + signature, key + ":" + signature + ":",
		key + ":" + signature[1:], key + ":" + pusher.Sign("x", text), key + ":" + pusher.Sign(secret, text+"b"),
	} {
		assert.False(t, pusher.Authorized(key, secret, auth, text), auth)
	}
}
