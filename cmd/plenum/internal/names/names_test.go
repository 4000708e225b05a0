package names_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"plenum/cmd/plenum/internal/names"
)

func TestNamesOfPeopleInManyScriptsAreAllowedUnchanged(t *testing.T) {
	for _, name := range []string{
		"Alex", "alex@example.org", "system:serviceaccount:shop:checkout", "Béa", "Nguyễn Văn Ánh", "สมชาย", "王小明", "김민준", "محمد", "יעל",
		"می\u200cخواهم", "\u0601 12", "O'Neil", "a b\u00a0c", "a\u2028b", "The System", "Systems", "Sys tem", "Ѕуѕtem",
		"❤", "Alex ❤\ufe0f", "☂\ufe0e", "👩\u200d💻", "🤷🏽\u200d♂\ufe0f", "1\ufe0f\u20e3", "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "葛\U000e0100飾",
	} {
		got, err := names.Check(name, names.MaxGiven)
		require.NoError(t, err, "%+q", name)
		assert.Equal(t, name, got)
	}
}

func TestANameIsRefusedForAReason(t *testing.T) {
	const (
		system   = "it is reserved for the server"
		nothing  = "it has no visible character"
		ends     = "it begins or ends with a blank or invisible character"
		bidi     = "it has bidirectional controls"
		controls = "it has control characters"
	)
	for name, want := range map[string]string{
		"":                         "it is empty",
		".":                        "it would be removed from the path of a URL",
		"..":                       "it would be removed from the path of a URL",
		"a\xff":                    "it is not UTF-8",
		"a\nb":                     controls,
		"a\u0085b":                 controls,
		"a\u202eb":                 bidi,
		"\u200fa":                  bidi,
		"a\u2066b":                 bidi,
		"a\u061c":                  bidi,
		" ":                        nothing,
		"\u00a0":                   nothing,
		"\u3000 ":                  nothing,
		"\u3164":                   nothing,
		"\uffa0":                   nothing,
		"\u200b":                   nothing,
		"\u2060":                   nothing,
		"\ufe0f":                   nothing,
		"\u2800":                   nothing,
		"\u2028":                   nothing,
		"\u034f":                   nothing,
		"\u00ad":                   nothing,
		"\ufeff":                   nothing,
		" \u200d ":                 nothing,
		"Alex ":                    ends,
		" Alex":                    ends,
		"Alex\u00a0":               ends,
		"\u3000Alex":               ends,
		"Alex\u200b":               ends,
		"\u200dAlex":               ends,
		"Alex\u034f":               ends,
		"Alex\ufe0f":               ends,
		"Alex\u3164":               ends,
		"Alex\u115f":               ends,
		"Alex\u2800":               ends,
		"Alex❤\ufe0f\ufe0f":        ends,
		"Alex\U000e0067\U000e007f": ends,
		"Alex\U0001d159":           ends,
		"Alex\U00013441":           ends,

		"System":           system,
		"sYSTEM":           system,
		" System\u00a0":    system,
		"Sys\u200btem":     system,
		"System\u034f":     system,
		"S\u034fystem":     system,
		"System\ufe0f":     system,
		"\u3164System":     system,
		"Sys\uffa0tem":     system,
		"Sys\u180etem":     system,
		"Sys\u00adtem":     system,
		"\u2800System":     system,
		"\u202eSystem":     system,
		"Ｓｙｓｔｅｍ":           system,
		"ｓＹstem":           system,
		"𝐒𝐲𝐬𝐭𝐞𝐦":           system,
		"Ⓢⓨⓢⓣⓔⓜ":           system,
		"\u017fystem":      system,
		"Sy\ufb06em":       system,
		"Syſtem":           system,
		"S\U000e0041ystem": system,
	} {
		got, err := names.Check(name, names.MaxGiven)
		assert.EqualError(t, err, want, "%+q", name)
		assert.Empty(t, got)
		if want == system {
			assert.ErrorIs(t, err, names.ErrReserved)
		} else {
			assert.NotErrorIs(t, err, names.ErrReserved)
		}
	}
}

func TestANameHasOneNormalForm(t *testing.T) {
	for spelling, want := range map[string]string{
		"Be\u0301a": "B\u00e9a", "\u212bsa": "\u00c5sa", "\u1112\u1161\u11ab": "\ud55c", "a\u0323\u0307": "\u1ea1\u0307", "a\u0307\u0323": "\u1ea1\u0307",
	} {
		got, err := names.Check(spelling, names.MaxGiven)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.Equal(t, want, names.Normal(spelling))
	}
	assert.Equal(t, "Ａlex ", names.Normal("Ａlex "), "other characters are not changed")
}

func TestTheLimitIsInBytesOfTheNormalForm(t *testing.T) {
	for _, limit := range []int{names.MaxGiven, names.MaxSigned} {
		for _, tc := range []struct {
			spelling string
			bytes    int // of NFC
		}{{"a", 1}, {"\u00e9", 2}, {"e\u0301", 2}, {"\u0e01", 3}, {"\u1112\u1161\u11ab", 3}, {"\u0958", 6}} {
			fits := strings.Repeat(tc.spelling, limit/tc.bytes)
			got, err := names.Check(fits, limit)
			require.NoError(t, err)
			assert.LessOrEqual(t, len(got), limit)
			_, err = names.Check(fits+strings.Repeat(tc.spelling, 1), limit)
			assert.ErrorContains(t, err, "it is longer than", "%+q", tc.spelling)
		}
	}
	_, err := names.Check(strings.Repeat("a", 65), names.MaxGiven)
	assert.EqualError(t, err, "it is longer than 64 bytes")
}

// FuzzCheck checks the properties of every accepted name. It is within the limit and has no disallowed
// characters. Checking it again changes nothing, and its other encodings lead to the same name.
func FuzzCheck(f *testing.F) {
	for _, name := range []string{"Alex", "Alex ", "Be\u0301a", "System\u034f", "\u3164", "Ｓｙｓｔｅｍ", "\u202e", "❤\ufe0f", "\u0958", "\u1112\u1161\u11ab", strings.Repeat("\u0301", 40), "a\xff"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got, err := names.Check(name, names.MaxSigned)
		if err != nil {
			require.Empty(t, got)
			return
		}
		require.NotEmpty(t, got)
		require.LessOrEqual(t, len(got), names.MaxSigned)
		require.True(t, utf8.ValidString(got))
		require.True(t, norm.NFC.IsNormalString(got))
		require.Equal(t, strings.TrimSpace(got), got)
		require.NotEqual(t, "system", strings.ToLower(norm.NFKC.String(got)))
		for _, spelling := range []string{got, norm.NFD.String(got), norm.NFD.String(name)} {
			again, err := names.Check(spelling, names.MaxSigned)
			require.NoError(t, err, "%+q", spelling)
			require.Equal(t, got, again)
		}
	})
}
