package pusher

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
)

// Sign returns the signature of text: its HMAC-SHA256 with secret, in lower-case hex.
func Sign(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// SubscribeText returns the text that a back end signs so that the connection may subscribe to a private or presence
// channel. channelData is empty for a private channel.
func SubscribeText(socketID, channel, channelData string) string {
	if channelData == "" {
		return socketID + ":" + channel
	}
	return socketID + ":" + channel + ":" + channelData
}

// SigninText returns the text that a back end signs so that the connection may sign in as the user in userData.
func SigninText(socketID, userData string) string { return socketID + "::user::" + userData }

// Authorized reports whether auth is key, a colon, and the signature of text.
func Authorized(key, secret, auth, text string) bool {
	given, signature, _ := strings.Cut(auth, ":")
	return equal(given, key) && equal(signature, Sign(secret, text))
}

// equal reports whether a and b are equal. For texts of the same length, the time does not depend on their content.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
