package frame

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestOnlyRegisteredAndPrivateCloseCodesAreValid(t *testing.T) {
	registered := map[int]bool{1000: true, 1001: true, 1002: true, 1003: true, 1007: true, 1008: true,
		1009: true, 1010: true, 1011: true, 1012: true, 1013: true, 1014: true}
	for code := range 1 << 16 {
		want := registered[code] || code >= 3000 && code < 5000
		require.Equal(t, want, ValidCloseCode(code), "code %d", code)
	}
}

func TestParseClosePayloadReturnsCodeReasonAndAnswer(t *testing.T) {
	for name, tc := range map[string]struct {
		wire   string
		code   int
		reason string
		answer int
	}{
		"empty":            {"", CloseNoStatus, "", 0},
		"code alone":       {"\x03\xe8", 1000, "", 0},
		"code and reason":  {"\x03\xe9bye", 1001, "bye", 0},
		"our own":          {"\x0f\xa1", CloseTokenExpired, "", 0},
		"lone byte":        {"\x03", 0, "", CloseProtocolError},
		"zero":             {"\x00\x00", 0, "", CloseProtocolError},
		"1004":             {"\x03\xec", 1004, "", CloseProtocolError},
		"1005":             {"\x03\xed", 1005, "", CloseProtocolError},
		"1006":             {"\x03\xee", 1006, "", CloseProtocolError},
		"1015":             {"\x03\xf7", 1015, "", CloseProtocolError},
		"5000":             {"\x13\x88", 5000, "", CloseProtocolError},
		"reason not UTF-8": {"\x03\xe8\xce\xba\xff", 1000, "", CloseInvalidData},
		"reason cut":       {"\x03\xe8\xce", 1000, "", CloseInvalidData},
	} {
		t.Run(name, func(t *testing.T) {
			code, reason, answer := ParseClosePayload([]byte(tc.wire))
			assert.Equal(t, tc.code, code)
			assert.Equal(t, tc.reason, string(reason))
			assert.Equal(t, tc.answer, answer)
		})
	}
}

func TestLongReasonIsCutAtTheEndOfARune(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reason := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.SampledFrom([]rune("aé€😀")), 40, 140, -1)).Draw(t, "reason")
		code := rapid.SampledFrom([]int{1000, 1013, 3000, 4999}).Draw(t, "code")
		p := AppendClosePayload(nil, code, reason)
		require.LessOrEqual(t, len(p), MaxControl)
		gotCode, got, answer := ParseClosePayload(p)
		require.Zero(t, answer)
		require.Equal(t, code, gotCode)
		require.True(t, strings.HasPrefix(reason, string(got)))
		if len(reason) > MaxReason {
			require.Greater(t, len(got), MaxReason-utf8.UTFMax, "no more than the last rune is cut")
		} else {
			require.Equal(t, reason, string(got))
		}
	})
}

func TestNoStatusIsAnEmptyPayload(t *testing.T) {
	assert.Equal(t, []byte("x"), AppendClosePayload([]byte("x"), CloseNoStatus, "not sent"))
}
