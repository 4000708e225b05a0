package auth_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
)

func TestTheInfoKeepsItsTextWithoutWhiteSpace(t *testing.T) {
	v := verifier(t, auth.Config{Secret: secret})
	longest := `"` + strings.Repeat("x", auth.MaxInfo-2) + `"`
	for given, want := range map[string]string{
		`{"team" : 7,` + "\n" + `"n":12345678901234567890.10}`: `{"team":7,"n":12345678901234567890.10}`,
		`{"b":1,"a":2,"b":3}`: `{"b":1,"a":2,"b":3}`,
		`"<é\u0000"`:          `"<é\u0000"`,
		`0`:                   `0`,
		`false`:               `false`,
		`1,"info":[]`:         `[]`, // RFC 7519 section 4: the last
		longest:               longest,
		`  ` + longest + ` `:  longest,
	} {
		id, err := v.Verify(hs256(t, `{"sub":"a","Info":"other","info":`+given+`,"exp":1800000000}`), now)
		require.NoError(t, err, given)
		require.NotNil(t, id.Info, given)
		assert.Equal(t, want, *id.Info)
		assert.Equal(t, "a", id.Name)
	}
	for _, none := range []string{``, `,"info":null`, `,"info":1,"info":null`, `,"INFO":1`} {
		id, err := v.Verify(hs256(t, `{"sub":"a"`+none+`}`), now)
		require.NoError(t, err, none)
		assert.Nil(t, id.Info, none)
	}
}

func TestATokenWithAnInfoThatIsTooLongIsRefused(t *testing.T) {
	v := verifier(t, auth.Config{Secret: secret})
	refused(t, v, hs256(t, `{"sub":"a","info":"`+strings.Repeat("x", auth.MaxInfo-1)+`"}`), longInfo, "one byte more")
	refused(t, v, hs256(t, "{\"sub\":\"a\",\"info\":\"\xff\"}"), badClaims, "no UTF-8")
	for _, info := range []string{`{`, `"` + strings.Repeat("x", auth.MaxInfo-1) + `"`, "\"\xff\"", `"` + strings.Repeat("<", 200) + `"`} {
		_, err := auth.Mint(auth.Config{Secret: secret}, auth.Identity{Name: "a", Info: &info}, now)
		assert.Error(t, err, info)
	}
}
