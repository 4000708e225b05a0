package pusher_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/pusher"
)

// The request of the published test vector.
const (
	vectorBody  = `{"name":"foo","channels":["project-3"],"data":"{\"some\":\"data\"}"}`
	vectorMD5   = "ec365a775a4cd0599faeb73354201b6f"
	vectorQuery = "auth_key=" + key + "&auth_timestamp=1353088179&auth_version=1.0&body_md5=" + vectorMD5
	vectorSigns = "da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c"
)

var vectorTime = time.Unix(1353088179, 0)

func request(t testing.TB, method, path, query, body string) *pusher.Request {
	t.Helper()
	q, err := pusher.ParseQuery(query)
	require.NoError(t, err)
	return &pusher.Request{Method: method, Path: path, RawPath: path, Query: q, Body: []byte(body)}
}

// signed returns the query with the signature of the request.
func signed(t testing.TB, method, path, query string) string {
	return query + "&auth_signature=" + pusher.Sign(secret, request(t, method, path, query, "").Text(path))
}

// check checks the signature, and then the body.
func check(r *pusher.Request, key, secret string, now time.Time) error {
	if err := r.Check(key, secret, now); err != nil {
		return err
	}
	return r.CheckBody()
}

func TestARequestFollowsTheTestVector(t *testing.T) {
	r := request(t, "POST", "/apps/3/events", vectorQuery+"&auth_signature="+vectorSigns, vectorBody)
	assert.Equal(t, "POST\n/apps/3/events\n"+vectorQuery, r.Text("/apps/3/events"))
	assert.Equal(t, vectorSigns, pusher.Sign(secret, r.Text(r.Path)))
	assert.NoError(t, check(r, key, secret, vectorTime))
}

func TestTheSignedTextIsSortedInLowerCaseAndNotEscaped(t *testing.T) {
	r := request(t, "GET", "/", "z=%3D&B_b=1&a=x%20y&info=user_count&info=cache&auth_signature=x", "")
	assert.Equal(t, "GET\n/\na=x y&b_b=1&info=user_count,cache&z==", r.Text("/"))
	_, err := pusher.ParseQuery("a=%zz")
	assert.Error(t, err)
}

func TestARequestWithAnotherPartIsRefused(t *testing.T) {
	good := vectorQuery + "&auth_signature=" + vectorSigns
	with := func(old, now string) string { return strings.Replace(good, old, now, 1) }
	for _, tc := range []struct {
		method, path, query, body string
		want                      error
	}{
		{"PUT", "/apps/3/events", good, vectorBody, pusher.ErrSignature},
		{"POST", "/apps/4/events", good, vectorBody, pusher.ErrSignature},
		{"POST", "/apps/3/events", good + "&info=user_count", vectorBody, pusher.ErrSignature},
		{"POST", "/apps/3/events", with(vectorMD5, "x"), vectorBody, pusher.ErrSignature},
		{"POST", "/apps/3/events", with("&body_md5="+vectorMD5, ""), vectorBody, pusher.ErrSignature},
		{"POST", "/apps/3/events", vectorQuery, vectorBody, pusher.ErrSignature},
		{"POST", "/apps/3/events", vectorQuery + "&auth_signature=" + strings.ToUpper(vectorSigns), vectorBody, pusher.ErrSignature},
		{"POST", "/apps/3/events", good, strings.Replace(vectorBody, "foo", "bar", 1), pusher.ErrBodyMD5},
		{"POST", "/apps/3/events", good, "", pusher.ErrBodyMD5},
		{"POST", "/apps/3/events", with("1.0", "2.0"), vectorBody, pusher.ErrAuthVersion},
		{"POST", "/apps/3/events", with("1353088179", "x"), vectorBody, pusher.ErrAuthTimestamp},
		{"POST", "/apps/3/events", with("1353088179", "9223372036854775807"), vectorBody, pusher.ErrAuthTimestamp},
		{"POST", "/apps/3/events", with(key, "278d425bdf160c739804"), vectorBody, pusher.ErrAuthKey},
		{"POST", "/apps/3/events", "", vectorBody, pusher.ErrAuthKey},
	} {
		r := request(t, tc.method, tc.path, tc.query, tc.body)
		assert.Equal(t, tc.want, check(r, key, secret, vectorTime), "%s %s %s", tc.method, tc.path, tc.query)
	}
}

func TestABodyNeedsItsMD5(t *testing.T) {
	query := signed(t, "POST", "/apps/3/events", "auth_key="+key+"&auth_timestamp=1353088179&auth_version=1.0")
	assert.NoError(t, check(request(t, "POST", "/apps/3/events", query, ""), key, secret, vectorTime))
	assert.Equal(t, pusher.ErrBodyMD5, check(request(t, "POST", "/apps/3/events", query, "{}"), key, secret, vectorTime))
}

func TestARequestIsAcceptedForTenMinutes(t *testing.T) {
	r := request(t, "POST", "/apps/3/events", vectorQuery+"&auth_signature="+vectorSigns, vectorBody)
	for _, apart := range []time.Duration{-600, -599, 599, 600} {
		assert.NoError(t, check(r, key, secret, vectorTime.Add(apart*time.Second)))
	}
	for _, apart := range []time.Duration{-601, 601} {
		assert.Equal(t, pusher.ErrAuthTimestamp, check(r, key, secret, vectorTime.Add(apart*time.Second)))
	}
}

func TestThePathIsSignedDecodedOrAsSent(t *testing.T) {
	for _, path := range []string{"/apps/3/users/a b/terminate_connections", "/apps/3/users/a%20b/terminate_connections"} {
		r := request(t, "POST", path, signed(t, "POST", path, "auth_key="+key+"&auth_timestamp=1353088179&auth_version=1.0"), "")
		r.Path, r.RawPath = "/apps/3/users/a b/terminate_connections", "/apps/3/users/a%20b/terminate_connections"
		assert.NoError(t, check(r, key, secret, vectorTime))
	}
}

// FuzzRequest signs any request. It is accepted as it is, and refused if one part is changed.
func FuzzRequest(f *testing.F) {
	f.Add("POST", "/apps/3/events", "info=user_count", `{"name":"foo"}`)
	f.Add("GET", "/apps/3/channels", "a=1&A=2&%26=%3D;", "")
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		q, err := pusher.ParseQuery(query)
		if err != nil {
			t.Skip()
		}
		for name, value := range map[string]string{"auth_key": key, "auth_version": "1.0", "auth_timestamp": "1353088179", "body_md5": pusher.BodyMD5([]byte(body))} {
			q[name] = value
		}
		r := &pusher.Request{Method: method, Path: path, RawPath: url.PathEscape(path), Query: q, Body: []byte(body)}
		q["auth_signature"] = pusher.Sign(secret, r.Text(path))
		require.NoError(t, check(r, key, secret, vectorTime))
		require.Equal(t, pusher.ErrAuthKey, check(r, key+"x", secret, vectorTime))
		require.Equal(t, pusher.ErrSignature, check(r, key, secret+"x", vectorTime))
		r.Body = append(r.Body, 'x')
		require.Equal(t, pusher.ErrBodyMD5, check(r, key, secret, vectorTime))
		r.Method += "X"
		require.Equal(t, pusher.ErrSignature, check(r, key, secret, vectorTime))
	})
}
