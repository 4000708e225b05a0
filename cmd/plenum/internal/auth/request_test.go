package auth_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
)

// request returns a request with these headers and this query.
func request(authorization, protocols []string, query string) *http.Request {
	return &http.Request{
		URL:    &url.URL{Path: "/ws/chat/a", RawQuery: query},
		Header: http.Header{"Authorization": authorization, "Sec-Websocket-Protocol": protocols},
	}
}

func TestATokenIsReadFromEachOfItsThreePlaces(t *testing.T) {
	type lines = []string
	for _, tc := range []struct {
		authorization, protocols []string
		query                    string
		token                    string // empty: not found
		subprotocol              bool
	}{
		{nil, nil, "", "", false},
		{lines{"Bearer a.b.c"}, nil, "", "a.b.c", false},
		{lines{"bearer a.b.c"}, nil, "", "a.b.c", false},
		{lines{"BEARER   a.b.c "}, nil, "", "a.b.c", false},
		{lines{"Bearer"}, nil, "", "", false},
		{lines{"Bearer "}, nil, "", "", false},
		{lines{"Bearera.b.c"}, nil, "", "", false},
		{lines{"a.b.c"}, nil, "", "", false},
		{lines{"Basic YTpi"}, nil, "", "", false},
		{lines{"Basic Bearer a"}, nil, "", "", false},
		{lines{"Basic YTpi", "Bearer a.b.c"}, nil, "", "a.b.c", false},
		{lines{"Basic YTpi"}, nil, "token=a.b.c", "a.b.c", false},
		{nil, lines{"bearer, a.b.c"}, "", "a.b.c", true},
		{nil, lines{"bearer,a.b.c"}, "", "a.b.c", true},
		{nil, lines{" bearer\t,\ta.b.c "}, "", "a.b.c", true},
		{nil, lines{"bearer", "a.b.c"}, "", "a.b.c", true},
		{nil, lines{"chat, bearer, a.b.c, v2"}, "", "a.b.c", true},
		{nil, lines{"chat", "bearer,", " ,a.b.c"}, "", "a.b.c", true},
		{nil, lines{"a.b.c, bearer"}, "", "", false},
		{nil, lines{"bearer"}, "", "", false},
		{nil, lines{"bearer a.b.c"}, "", "", false},
		{nil, lines{"Bearer, a.b.c"}, "", "", false}, // the names of subprotocols are case-sensitive
		{nil, lines{"chat, v2"}, "", "", false},
		{nil, nil, "token=a.b.c", "a.b.c", false},
		{nil, nil, "username=x&token=a.b.c&since=", "a.b.c", false},
		{nil, nil, "token=a%2Eb%2ec", "a.b.c", false},
		{nil, nil, "token=", "", false},
		{nil, nil, "Token=a.b.c", "", false},
		{nil, nil, "token=%zz", "", false},
		{lines{"Bearer a.b.c"}, lines{"bearer, a.b.c"}, "token=a.b.c", "a.b.c", true},
		{lines{"Bearer a.b.c"}, nil, "token=", "a.b.c", false},
		{lines{"Bearer"}, nil, "token=a.b.c", "a.b.c", false},
		{lines{"Bearer a.b.c", "Bearer a.b.c"}, nil, "", "a.b.c", false},
	} {
		token, found, subprotocol := auth.FromRequest(request(tc.authorization, tc.protocols, tc.query))
		assert.Equal(t, tc.token, token, tc)
		assert.Equal(t, tc.token != "", found, tc)
		assert.Equal(t, tc.subprotocol, subprotocol, tc)
	}
}

func TestDifferentTokensInOneRequestAreInvalid(t *testing.T) {
	type lines = []string
	v := verifier(t, auth.Config{Secret: secret})
	good, other := hs256(t, `{"sub":"alex"}`), hs256(t, `{"sub":"root"}`)
	for _, r := range []*http.Request{
		request(lines{"Bearer " + good}, nil, "token="+other),
		request(lines{"Bearer " + good}, lines{"bearer, " + other}, ""),
		request(nil, lines{"bearer, " + good}, "token="+other),
		request(lines{"Bearer " + good, "Bearer " + other}, nil, ""),
		request(nil, lines{"bearer, " + good + ", bearer, " + other}, ""),
		request(nil, nil, "token="+good+"&token="+other),
		request(lines{"Bearer " + good}, lines{"bearer, " + good}, "token="+other),
		request(lines{"Bearer x"}, nil, "token="+good),
	} {
		token, found, subprotocol := auth.FromRequest(r)
		assert.True(t, found)
		assert.Empty(t, token)
		assert.Equal(t, r.Header.Get("Sec-WebSocket-Protocol") != "", subprotocol, "otherwise a browser could not read the close reason")
		_, err := v.Verify(token, now)
		require.EqualError(t, err, malformed)
	}
}
