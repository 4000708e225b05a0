package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/deflate"
)

// offers maps a name to the client's header lines and the expected answer; "" means that the offer is declined. The names
// begin with sections of RFC 7692, unless they name another RFC.
var offers = map[string]struct {
	lines  []string
	answer string
}{
	"7.1.3 alone":                        {[]string{"permessage-deflate"}, deflate.Offer},
	"7.1.3 both windows":                 {[]string{"permessage-deflate; client_max_window_bits; server_max_window_bits=10"}, deflate.Offer + "; server_max_window_bits=10"},
	"7.1.3 with a second choice":         {[]string{"permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate; client_max_window_bits"}, deflate.Offer + "; server_max_window_bits=10"},
	"the offer of browsers":              {[]string{"permessage-deflate; client_max_window_bits"}, deflate.Offer},
	"our own":                            {[]string{deflate.Offer}, deflate.Offer},
	"7.1.1 no takeover":                  {[]string{"permessage-deflate; client_no_context_takeover; server_no_context_takeover"}, deflate.Offer},
	"7.1.1 takes no value":               {[]string{"permessage-deflate; server_no_context_takeover=1"}, ""},
	"7.1.1 takes no value, the client's": {[]string{"permessage-deflate; client_no_context_takeover=true"}, ""},
	"7.1.2.1 the smallest":               {[]string{"permessage-deflate; server_max_window_bits=8"}, deflate.Offer + "; server_max_window_bits=8"},
	"7.1.2.1 the largest":                {[]string{"permessage-deflate; server_max_window_bits=15"}, deflate.Offer + "; server_max_window_bits=15"},
	"7.1.2.1 below":                      {[]string{"permessage-deflate; server_max_window_bits=7"}, ""},
	"7.1.2.1 above":                      {[]string{"permessage-deflate; server_max_window_bits=16"}, ""},
	"7.1.2.1 leading zero":               {[]string{"permessage-deflate; server_max_window_bits=08"}, ""},
	"7.1.2.1 no decimal":                 {[]string{"permessage-deflate; server_max_window_bits=+9"}, ""},
	"7.1.2.1 no value":                   {[]string{"permessage-deflate; server_max_window_bits"}, ""},
	"7.1.2.2 no value":                   {[]string{"permessage-deflate; client_max_window_bits"}, deflate.Offer},
	"7.1.2.2 a value":                    {[]string{"permessage-deflate; client_max_window_bits=8"}, deflate.Offer},
	"7.1.2.2 leading zero":               {[]string{"permessage-deflate; client_max_window_bits=010"}, ""},
	"7.1.2.2 above":                      {[]string{"permessage-deflate; client_max_window_bits=16"}, ""},
	"7.1 unknown parameter":              {[]string{"permessage-deflate; mode=fast"}, ""},
	"7.1 twice":                          {[]string{"permessage-deflate; server_max_window_bits=10; server_max_window_bits=10"}, ""},
	"7.1 twice, in another case":         {[]string{"permessage-deflate; client_no_context_takeover; Client_No_Context_Takeover"}, ""},
	"5.1 the next if one is declined":    {[]string{"permessage-deflate; mode=fast, permessage-deflate; server_max_window_bits=12"}, deflate.Offer + "; server_max_window_bits=12"},
	"5.1 the first that will do":         {[]string{"permessage-deflate; server_max_window_bits=9, permessage-deflate"}, deflate.Offer + "; server_max_window_bits=9"},
	"5.1 of several lines":               {[]string{"permessage-deflate; mode=fast", "x", "permessage-deflate; server_max_window_bits=9", "permessage-deflate"}, deflate.Offer + "; server_max_window_bits=9"},
	"others passed over":                 {[]string{"x-webkit-deflate-frame, foo; a=1; b, permessage-deflate"}, deflate.Offer},
	"only others":                        {[]string{"permessage-deflate2, permessage, deflate", "foo; permessage-deflate"}, ""},
	"none":                               {nil, ""},
	"an empty line":                      {[]string{""}, ""},
	"case":                               {[]string{"Permessage-Deflate; SERVER_MAX_WINDOW_BITS=10"}, deflate.Offer + "; server_max_window_bits=10"},

	"RFC 6455 9.1 quoted":              {[]string{`permessage-deflate; server_max_window_bits="10"`}, deflate.Offer + "; server_max_window_bits=10"},
	"RFC 6455 9.1 quoted and escaped":  {[]string{`permessage-deflate; server_max_window_bits="\1\0"`}, deflate.Offer + "; server_max_window_bits=10"},
	"RFC 6455 9.1 quoted elsewhere":    {[]string{`foo; a="b\c", permessage-deflate`}, deflate.Offer},
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
	"only the malformed line":          {[]string{"permessage-deflate;", "permessage-deflate; server_max_window_bits=11"}, deflate.Offer + "; server_max_window_bits=11"},
	"RFC 2616 2.1 space":               {[]string{" \tpermessage-deflate\t;server_max_window_bits = 10 ,foo "}, deflate.Offer + "; server_max_window_bits=10"},
	"RFC 2616 2.1 empty elements":      {[]string{", ,permessage-deflate,,"}, deflate.Offer},
}

// negotiated returns the answer of e to the lines of a client, and the window that was negotiated.
func negotiated(t require.TestingT, e *Engine, lines []string) (answer string, window uint8) {
	head, encoding := e.negotiate([]byte("x"), lines)
	if encoding == nil {
		require.Equal(t, "x", string(head))
		return "", 0
	}
	require.Len(t, encoding.steps, 1)
	answer, ok := strings.CutPrefix(string(head), "xSec-WebSocket-Extensions: ")
	require.True(t, ok)
	answer, ok = strings.CutSuffix(answer, "\r\n")
	require.True(t, ok)
	return answer, encoding.steps[0].Transform.(*deflating).window
}

func TestTheFirstAcceptableOfferIsAnswered(t *testing.T) {
	e := unstarted(t, Config{Extensions: []Extension{Deflate(1)}})
	for name, tc := range offers {
		t.Run(name, func(t *testing.T) {
			answer, _ := negotiated(t, e, tc.lines)
			assert.Equal(t, tc.answer, answer)
		})
	}
}

func FuzzNegotiate(f *testing.F) {
	e := unstarted(f, Config{Extensions: []Extension{Deflate(1)}})
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
		_, _ = deflate.CheckAnswer([]string{line})
		answer, window := negotiated(t, e, []string{line})
		if answer == "" {
			return
		}
		require.True(t, window >= 8 && window <= 15, "window %d", window)
		accepted, err := deflate.CheckAnswer([]string{answer})
		require.NoError(t, err)
		require.True(t, accepted)
		again, same := negotiated(t, e, []string{answer})
		require.Equal(t, answer, again, "the answer says what was negotiated")
		require.Equal(t, window, same)
	})
}
