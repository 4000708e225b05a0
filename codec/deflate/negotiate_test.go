package deflate

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Sections are of RFC 7692, but where RFC 6455 or 2616 is named. An answer of "" is an offer declined.
var offers = map[string]struct {
	lines  []string
	answer string
}{
	"7.1.3 alone":                        {[]string{"permessage-deflate"}, Offer},
	"7.1.3 both windows":                 {[]string{"permessage-deflate; client_max_window_bits; server_max_window_bits=10"}, Offer + "; server_max_window_bits=10"},
	"7.1.3 with a second choice":         {[]string{"permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate; client_max_window_bits"}, Offer + "; server_max_window_bits=10"},
	"what browsers send":                 {[]string{"permessage-deflate; client_max_window_bits"}, Offer},
	"our own":                            {[]string{Offer}, Offer},
	"7.1.1 no takeover":                  {[]string{"permessage-deflate; client_no_context_takeover; server_no_context_takeover"}, Offer},
	"7.1.1 takes no value":               {[]string{"permessage-deflate; server_no_context_takeover=1"}, ""},
	"7.1.1 takes no value, the client's": {[]string{"permessage-deflate; client_no_context_takeover=true"}, ""},
	"7.1.2.1 the smallest":               {[]string{"permessage-deflate; server_max_window_bits=8"}, Offer + "; server_max_window_bits=8"},
	"7.1.2.1 the largest":                {[]string{"permessage-deflate; server_max_window_bits=15"}, Offer + "; server_max_window_bits=15"},
	"7.1.2.1 below":                      {[]string{"permessage-deflate; server_max_window_bits=7"}, ""},
	"7.1.2.1 above":                      {[]string{"permessage-deflate; server_max_window_bits=16"}, ""},
	"7.1.2.1 leading zero":               {[]string{"permessage-deflate; server_max_window_bits=08"}, ""},
	"7.1.2.1 no decimal":                 {[]string{"permessage-deflate; server_max_window_bits=+9"}, ""},
	"7.1.2.1 no value":                   {[]string{"permessage-deflate; server_max_window_bits"}, ""},
	"7.1.2.2 no value":                   {[]string{"permessage-deflate; client_max_window_bits"}, Offer},
	"7.1.2.2 a value":                    {[]string{"permessage-deflate; client_max_window_bits=8"}, Offer},
	"7.1.2.2 leading zero":               {[]string{"permessage-deflate; client_max_window_bits=010"}, ""},
	"7.1.2.2 above":                      {[]string{"permessage-deflate; client_max_window_bits=16"}, ""},
	"7.1 unknown parameter":              {[]string{"permessage-deflate; mode=fast"}, ""},
	"7.1 twice":                          {[]string{"permessage-deflate; server_max_window_bits=10; server_max_window_bits=10"}, ""},
	"7.1 twice, in another case":         {[]string{"permessage-deflate; client_no_context_takeover; Client_No_Context_Takeover"}, ""},
	"5.1 the next where one is declined": {[]string{"permessage-deflate; mode=fast, permessage-deflate; server_max_window_bits=12"}, Offer + "; server_max_window_bits=12"},
	"5.1 the first that will do":         {[]string{"permessage-deflate; server_max_window_bits=9, permessage-deflate"}, Offer + "; server_max_window_bits=9"},
	"5.1 of several lines":               {[]string{"permessage-deflate; mode=fast", "x", "permessage-deflate; server_max_window_bits=9", "permessage-deflate"}, Offer + "; server_max_window_bits=9"},
	"others passed over":                 {[]string{"x-webkit-deflate-frame, foo; a=1; b, permessage-deflate"}, Offer},
	"only others":                        {[]string{"permessage-deflate2, permessage, deflate", "foo; permessage-deflate"}, ""},
	"none":                               {nil, ""},
	"an empty line":                      {[]string{""}, ""},
	"case":                               {[]string{"Permessage-Deflate; SERVER_MAX_WINDOW_BITS=10"}, Offer + "; server_max_window_bits=10"},

	"RFC 6455 9.1 quoted":              {[]string{`permessage-deflate; server_max_window_bits="10"`}, Offer + "; server_max_window_bits=10"},
	"RFC 6455 9.1 quoted and escaped":  {[]string{`permessage-deflate; server_max_window_bits="\1\0"`}, Offer + "; server_max_window_bits=10"},
	"RFC 6455 9.1 quoted elsewhere":    {[]string{`foo; a="b\c", permessage-deflate`}, Offer},
	"RFC 6455 9.1 quoted, no token":    {[]string{`foo; a="b,c", permessage-deflate`}, ""},
	"RFC 6455 9.1 quoted, empty":       {[]string{`foo; a="", permessage-deflate`}, ""},
	"RFC 6455 9.1 quoted, open":        {[]string{`permessage-deflate, foo; a="b`}, ""},
	"RFC 6455 9.1 quoted, a bare \\":   {[]string{`permessage-deflate, foo; a="b\`}, ""},
	"RFC 6455 9.1 after the quotes":    {[]string{`permessage-deflate, foo; a="b"c`}, ""},
	"RFC 6455 9.1 quoted name":         {[]string{`"permessage-deflate"`}, ""},
	"RFC 6455 9.1 no name":             {[]string{"; a, permessage-deflate"}, ""},
	"RFC 6455 9.1 no parameter":        {[]string{"permessage-deflate;"}, ""},
	"RFC 6455 9.1 no parameter's name": {[]string{"permessage-deflate; =1"}, ""},
	"RFC 6455 9.1 no value":            {[]string{"permessage-deflate; client_max_window_bits="}, ""},
	"RFC 6455 9.1 two names":           {[]string{"permessage-deflate foo"}, ""},
	"RFC 6455 9.1 not ASCII":           {[]string{"permessage-deflate, é"}, ""},
	"RFC 6455 9.1 a control":           {[]string{"permessage-deflate, a\x00"}, ""},
	"RFC 6455 9.1 a separator":         {[]string{"permessage-deflate, a/b"}, ""},
	"only the malformed line":          {[]string{"permessage-deflate;", "permessage-deflate; server_max_window_bits=11"}, Offer + "; server_max_window_bits=11"},
	"RFC 2616 2.1 space":               {[]string{" \tpermessage-deflate\t;server_max_window_bits = 10 ,foo "}, Offer + "; server_max_window_bits=10"},
	"RFC 2616 2.1 empty elements":      {[]string{", ,permessage-deflate,,"}, Offer},
}

func TestTheFirstAcceptableOfferIsAnswered(t *testing.T) {
	for name, tc := range offers {
		t.Run(name, func(t *testing.T) {
			p, ok := Negotiate(tc.lines)
			require.Equal(t, tc.answer != "", ok)
			if !ok {
				assert.Zero(t, p)
				return
			}
			assert.Equal(t, "x"+tc.answer, string(p.Answer().Append([]byte("x"))))
		})
	}
}

func TestTheWindowIsTheOffersOrTheLargest(t *testing.T) {
	p, ok := Negotiate([]string{"permessage-deflate; server_max_window_bits=9; client_max_window_bits=8"})
	require.True(t, ok)
	assert.Equal(t, Terms{Window: 9, Limited: true}, p)
	p, ok = Negotiate([]string{"permessage-deflate; client_max_window_bits=8"})
	require.True(t, ok)
	assert.Equal(t, Terms{Window: 15}, p)
}

func TestWhatTheServerMayAnswerToTheOffer(t *testing.T) {
	for name, tc := range map[string]struct {
		lines    []string
		accepted bool
		fault    string
	}{
		"none":                               {nil, false, ""},
		"an empty line":                      {[]string{""}, false, ""},
		"as offered":                         {[]string{Offer}, true, ""},
		"our own with a window":              {[]string{Offer + "; server_max_window_bits=8"}, true, ""},
		"7.1.1.2 the client's is a hint":     {[]string{"permessage-deflate; server_no_context_takeover"}, true, ""},
		"7.1.2.1 unasked":                    {[]string{"permessage-deflate; server_no_context_takeover; server_max_window_bits=12"}, true, ""},
		"in another case, quoted":            {[]string{`Permessage-Deflate;SERVER_NO_CONTEXT_TAKEOVER;server_max_window_bits="12"`}, true, ""},
		"7.1.1.1 takes over":                 {[]string{"permessage-deflate; client_no_context_takeover"}, false, "not to the offer"},
		"7.1.2.2 was not in the offer":       {[]string{Offer + "; client_max_window_bits=15"}, false, "not to the offer"},
		"7.1.2.1 no value":                   {[]string{Offer + "; server_max_window_bits"}, false, "not to the offer"},
		"7.1.2.1 above":                      {[]string{Offer + "; server_max_window_bits=16"}, false, "not to the offer"},
		"7.1 unknown parameter":              {[]string{Offer + "; mode=fast"}, false, "not to the offer"},
		"7.1 parameter twice":                {[]string{Offer + "; server_no_context_takeover"}, false, "not to the offer"},
		"7.1.1.1 takes no value":             {[]string{"permessage-deflate; server_no_context_takeover=1"}, false, "not to the offer"},
		"accepted twice":                     {[]string{Offer, Offer}, false, "not to the offer"},
		"RFC 6455 4.1 another was not asked": {[]string{Offer + ", foo"}, false, "not to the offer"},
		"RFC 6455 4.1 only another":          {[]string{"foo; server_no_context_takeover"}, false, "not to the offer"},
		"RFC 6455 9.1 malformed":             {[]string{Offer + ";"}, false, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			accepted, err := CheckAnswer(tc.lines)
			assert.Equal(t, tc.accepted, accepted)
			if tc.fault == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, tc.fault)
		})
	}
}

func FuzzNegotiate(f *testing.F) {
	for _, tc := range offers {
		line := ""
		for i, l := range tc.lines {
			if i > 0 {
				line += ","
			}
			line += l
		}
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		_, _ = CheckAnswer([]string{line})
		p, ok := Negotiate([]string{line})
		if !ok {
			require.Zero(t, p)
			return
		}
		require.True(t, p.Window >= 8 && p.Window <= 15, "window %d", p.Window)
		answer := string(p.Answer().Append(nil))
		accepted, err := CheckAnswer([]string{answer})
		require.NoError(t, err)
		require.True(t, accepted)
		again, _ := Negotiate([]string{answer})
		require.Equal(t, p, again, "the answer says what was negotiated")
	})
}
