package deflate

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/extension"
)

// accept returns the result of Accept for the first offer of a line.
func accept(t *testing.T, line string) (Terms, bool) {
	t.Helper()
	list, ok := extension.Parse(line)
	require.True(t, ok)
	return Accept(list[0].Params)
}

func TestWindowIsThatOfTheOfferOrTheLargest(t *testing.T) {
	p, ok := accept(t, "permessage-deflate; server_max_window_bits=9; client_max_window_bits=8")
	require.True(t, ok)
	assert.Equal(t, Terms{Window: 9, Limited: true}, p)
	p, ok = accept(t, "permessage-deflate; client_max_window_bits=8")
	require.True(t, ok)
	assert.Equal(t, Terms{Window: 15}, p)
}

func TestDeclinedOfferHasNoTerms(t *testing.T) {
	p, ok := accept(t, "permessage-deflate; server_max_window_bits=9; mode=fast")
	assert.False(t, ok)
	assert.Zero(t, p)
}

func TestCheckAnswerAcceptsOnlyAnswersThatMatchTheOffer(t *testing.T) {
	for name, tc := range map[string]struct {
		lines    []string
		accepted bool
		problem  string
	}{
		"none":                             {nil, false, ""},
		"an empty line":                    {[]string{""}, false, ""},
		"as offered":                       {[]string{Offer}, true, ""},
		"our own with a window":            {[]string{Offer + "; server_max_window_bits=8"}, true, ""},
		"7.1.1.2 the client's is a hint":   {[]string{"permessage-deflate; server_no_context_takeover"}, true, ""},
		"7.1.2.1 unasked":                  {[]string{"permessage-deflate; server_no_context_takeover; server_max_window_bits=12"}, true, ""},
		"in another case, quoted":          {[]string{`Permessage-Deflate;SERVER_NO_CONTEXT_TAKEOVER;server_max_window_bits="12"`}, true, ""},
		"7.1.1.1 with context takeover":    {[]string{"permessage-deflate; client_no_context_takeover"}, false, "does not match the offer"},
		"7.1.2.2 was not in the offer":     {[]string{Offer + "; client_max_window_bits=15"}, false, "does not match the offer"},
		"7.1.2.1 no value":                 {[]string{Offer + "; server_max_window_bits"}, false, "does not match the offer"},
		"7.1.2.1 too large":                {[]string{Offer + "; server_max_window_bits=16"}, false, "does not match the offer"},
		"7.1 unknown parameter":            {[]string{Offer + "; mode=fast"}, false, "does not match the offer"},
		"7.1 parameter twice":              {[]string{Offer + "; server_no_context_takeover"}, false, "does not match the offer"},
		"7.1.1.1 value not allowed":        {[]string{"permessage-deflate; server_no_context_takeover=1"}, false, "does not match the offer"},
		"accepted twice":                   {[]string{Offer, Offer}, false, "does not match the offer"},
		"RFC 6455 4.1 another not offered": {[]string{Offer + ", foo"}, false, "does not match the offer"},
		"RFC 6455 4.1 only another":        {[]string{"foo; server_no_context_takeover"}, false, "does not match the offer"},
		"RFC 6455 9.1 malformed":           {[]string{Offer + ";"}, false, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			accepted, err := CheckAnswer(tc.lines)
			assert.Equal(t, tc.accepted, accepted)
			if tc.problem == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, tc.problem)
		})
	}
}
