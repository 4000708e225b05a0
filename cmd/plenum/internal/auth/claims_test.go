package auth_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
)

func TestClaimsBecomeTheIdentity(t *testing.T) {
	v := verifier(t, auth.Config{Secret: secret})
	for payload, want := range map[string]auth.Identity{
		`{"sub":"a"}`:                                   {Name: "a", Publish: true},
		`{"email":"a@b.example"}`:                       {Name: "a@b.example", Publish: true},
		`{"sub":"a","email":"a@b.example"}`:             {Name: "a@b.example", Publish: true},
		`{"sub":"a","email":""}`:                        {Name: "a", Publish: true},
		`{"sub":"a","sub":"b"}`:                         {Name: "b", Publish: true}, // RFC 7519 section 4: the last
		`{"sub":"a","exp":1700000001}`:                  {Name: "a", Publish: true, Expires: now.Add(time.Second)},
		`{"sub":"a","exp":1700000001.9}`:                {Name: "a", Publish: true, Expires: now.Add(time.Second)},
		`{"sub":"a","exp":1.8e9}`:                       {Name: "a", Publish: true, Expires: time.Unix(1_800_000_000, 0)},
		`{"sub":"a","EXP":1,"Plenum":1,"Email":"x"}`:    {Name: "a", Publish: true},
		`{"sub":"a","aud":"x","iss":"y","iat":9e99}`:    {Name: "a", Publish: true},
		`{"sub":"a","plenum":{}}`:                       {Name: "a", Publish: true},
		`{"sub":"a","plenum":{"rooms":["b","c-*"]}}`:    {Name: "a", Publish: true, Rooms: []string{"b", "c-*"}},
		`{"sub":"a","plenum":{"rooms":[]}}`:             {Name: "a", Publish: true, Rooms: []string{}},
		`{"sub":"a","plenum":{"publish":false}}`:        {Name: "a"},
		`{"sub":"a","plenum":{"publish":true}}`:         {Name: "a", Publish: true},
		`{"sub":"a","plenum":{"admin":true}}`:           {Name: "a", Publish: true, Admin: true},
		`{"sub":"a","plenum":{"admin":false}}`:          {Name: "a", Publish: true},
		`{"plenum":{"publish":false},"sub":"a","x":[]}`: {Name: "a"},
	} {
		id, err := v.Verify(hs256(t, payload), now)
		require.NoError(t, err, payload)
		assert.Equal(t, want, id, payload)
	}
}

func TestAnUnverifiedEmailIsNotUsedAsTheName(t *testing.T) {
	v := verifier(t, auth.Config{Secret: secret})
	for verified, want := range map[string]string{
		``: "a@b.example", `,"email_verified":true`: "a@b.example", `,"email_verified":"true"`: "a@b.example",
		`,"email_verified":false`: "sub", `,"email_verified":"false"`: "sub", `,"email_verified":"False"`: "sub",
		`,"email_verified":null`: "sub", `,"email_verified":0`: "sub", `,"email_verified":1`: "sub", `,"email_verified":""`: "sub", `,"email_verified":["true"]`: "sub",
	} {
		id, err := v.Verify(hs256(t, `{"sub":"sub","email":"a@b.example"`+verified+`}`), now)
		require.NoError(t, err, verified)
		assert.Equal(t, want, id.Name, verified)
		for _, sub := range []string{``, `"sub":"",`} {
			token := hs256(t, `{`+sub+`"email":"a@b.example"`+verified+`}`)
			if want == "sub" {
				refused(t, v, token, noName, verified)
				continue
			}
			id, err = v.Verify(token, now)
			require.NoError(t, err, verified)
			assert.Equal(t, want, id.Name, verified)
		}
		id, err = v.Verify(hs256(t, `{"sub":"sub"`+verified+`}`), now)
		require.NoError(t, err, verified)
		assert.Equal(t, "sub", id.Name, verified)
	}
}

func TestATokenWithMalformedClaimsIsInvalid(t *testing.T) {
	v := verifier(t, auth.Config{Secret: secret})
	for payload, why := range map[string]string{
		`{}`:                                           noName,
		`{"sub":""}`:                                   noName,
		`{"Sub":"a"}`:                                  noName,
		`{"sub":1}`:                                    badClaims,
		`{"sub":null}`:                                 badClaims,
		`{"sub":"a","email":1}`:                        badClaims,
		`{"sub":"a","email":[]}`:                       badClaims,
		`{"sub":"a","exp":null}`:                       badClaims,
		`{"sub":"a","exp":"9e9"}`:                      badClaims,
		`{"sub":"a","exp":true}`:                       badClaims,
		`{"sub":"a","exp":-1}`:                         badClaims,
		`{"sub":"a","exp":1e300}`:                      badClaims,
		`{"sub":"a","nbf":1e300}`:                      badClaims,
		`{"sub":"a","nbf":9.3e18}`:                     badClaims,
		`{"sub":"a","nbf":null}`:                       badClaims,
		`{"sub":"a","exp":1e999}`:                      malformed,
		`{"sub":"a","plenum":null}`:                    badClaims,
		`{"sub":"a","plenum":true}`:                    badClaims,
		`{"sub":"a","plenum":[]}`:                      badClaims,
		`{"sub":"a","plenum":"admin"}`:                 badClaims,
		`{"sub":"a","plenum":{"rooms":null}}`:          badClaims,
		`{"sub":"a","plenum":{"rooms":"team-*"}}`:      badClaims,
		`{"sub":"a","plenum":{"rooms":["a",null]}}`:    badClaims,
		`{"sub":"a","plenum":{"rooms":[1]}}`:           badClaims,
		`{"sub":"a","plenum":{"rooms":{"a":true}}}`:    badClaims,
		`{"sub":"a","plenum":{"room":["a"]}}`:          badClaims,
		`{"sub":"a","plenum":{"Rooms":["a"]}}`:         badClaims,
		`{"sub":"a","plenum":{"publish":null}}`:        badClaims,
		`{"sub":"a","plenum":{"publish":"false"}}`:     badClaims,
		`{"sub":"a","plenum":{"publish":0}}`:           badClaims,
		`{"sub":"a","plenum":{"admin":1}}`:             badClaims,
		`{"sub":"a","plenum":{"admin":"true"}}`:        badClaims,
		`{"sub":"a","plenum":{"admin":true,"x":true}}`: badClaims,
	} {
		refused(t, v, hs256(t, payload), why, payload)
	}
}

func TestATokenIsValidFrom5sBeforeItsNbfUntilItsExp(t *testing.T) {
	v := verifier(t, auth.Config{Secret: secret})
	for _, tc := range []struct {
		claim string
		after int64 // seconds from now
		why   string
	}{
		{"exp", -3600, expired}, {"exp", -1, expired}, {"exp", 0, expired}, {"exp", 1, ""}, {"exp", -now.Unix(), expired},
		{"nbf", -3600, ""}, {"nbf", 0, ""}, {"nbf", 5, ""}, {"nbf", 6, notYet}, {"nbf", 3600, notYet},
	} {
		token := hs256(t, fmt.Sprintf(`{"sub":"a",%q:%d}`, tc.claim, now.Unix()+tc.after))
		if tc.why != "" {
			refused(t, v, token, tc.why, fmt.Sprint(tc))
			continue
		}
		_, err := v.Verify(token, now)
		assert.NoError(t, err, tc)
	}
}

func TestAudienceAndIssuerAreCheckedIfConfigured(t *testing.T) {
	audience := auth.Config{Secret: secret, Audience: "plenum"}
	issuer := auth.Config{Secret: secret, Issuer: "https://id.example"}
	both := auth.Config{Secret: secret, Audience: "plenum", Issuer: "https://id.example"}
	for _, tc := range []struct {
		cfg          auth.Config
		payload, why string
	}{
		{audience, `{"sub":"a","aud":"plenum"}`, ""},
		{audience, `{"sub":"a","aud":["plenum"]}`, ""},
		{audience, `{"sub":"a","aud":["other","plenum"]}`, ""},
		{audience, `{"sub":"a"}`, noClaim},
		{audience, `{"sub":"a","aud":""}`, noClaim},
		{audience, `{"sub":"a","aud":[]}`, noClaim},
		{audience, `{"sub":"a","aud":"other"}`, badAudience},
		{audience, `{"sub":"a","aud":"Plenum"}`, badAudience},
		{audience, `{"sub":"a","aud":"plenum2"}`, badAudience},
		{audience, `{"sub":"a","aud":["other","plenum2"]}`, badAudience},
		{audience, `{"sub":"a","aud":null}`, badClaims},
		{audience, `{"sub":"a","aud":["plenum",1]}`, badClaims},
		{audience, `{"sub":"a","aud":{"plenum":1}}`, badClaims},
		{issuer, `{"sub":"a","iss":"https://id.example"}`, ""},
		{issuer, `{"sub":"a"}`, noClaim},
		{issuer, `{"sub":"a","iss":""}`, noClaim},
		{issuer, `{"sub":"a","iss":"https://id.example/"}`, badIssuer},
		{issuer, `{"sub":"a","iss":"HTTPS://id.example"}`, badIssuer},
		{issuer, `{"sub":"a","iss":["https://id.example"]}`, badClaims},
		{both, `{"sub":"a","aud":"plenum","iss":"https://id.example"}`, ""},
		{both, `{"sub":"a","aud":"plenum","iss":"x"}`, badIssuer},
		{both, `{"sub":"a","aud":"x","iss":"https://id.example"}`, badAudience},
		{both, `{"sub":"a","aud":"x","iss":"x","exp":1}`, expired},
	} {
		v := verifier(t, tc.cfg)
		if tc.why != "" {
			refused(t, v, hs256(t, tc.payload), tc.why, tc.payload)
			continue
		}
		_, err := v.Verify(hs256(t, tc.payload), now)
		assert.NoError(t, err, tc.payload)
	}
}
