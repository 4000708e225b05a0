package pusher

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// RequestAge is the largest difference allowed between the time of a request and the server's clock.
const RequestAge = 600 * time.Second

// The errors of Request.Check and Request.CheckBody. They contain nothing of the app or of the request.
var (
	ErrAuthKey       = errors.New("auth_key must be the key of this app")
	ErrAuthVersion   = errors.New("auth_version must be 1.0")
	ErrAuthTimestamp = errors.New("auth_timestamp must be the time in Unix seconds, at most 600 s from the server's clock")
	ErrBodyMD5       = errors.New("body_md5 must be the MD5 of the body, in hex")
	ErrSignature     = errors.New("auth_signature must be the HMAC-SHA256 of the method, the path and the query, with the secret of this app")
)

// Request is the signed parts of an HTTP request of a back end.
type Request struct {
	Method string
	// Path is the decoded path, and RawPath the path as it was sent. Libraries differ in which of the two they sign.
	Path, RawPath string
	Query         Query
	Body          []byte
}

// Query has the parameters of a request by their keys in lower case. If a key has several values, they are joined by
// commas.
type Query map[string]string

// ParseQuery decodes the raw query of a URL.
func ParseQuery(raw string) (Query, error) {
	all, err := url.ParseQuery(raw)
	if err != nil {
		return nil, err
	}
	q := Query{}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		value, lower := strings.Join(all[key], ","), strings.ToLower(key)
		if before, twice := q[lower]; twice {
			value = before + "," + value
		}
		q[lower] = value
	}
	return q, nil
}

// Text returns the text that a back end signs: the method, path, and the query without its signature, sorted by key. Nothing is
// escaped. path is Path or RawPath.
func (r *Request) Text(path string) string {
	pairs := make([]string, 0, len(r.Query))
	for _, key := range slices.Sorted(maps.Keys(r.Query)) {
		if key != "auth_signature" {
			pairs = append(pairs, key+"="+r.Query[key])
		}
	}
	return r.Method + "\n" + path + "\n" + strings.Join(pairs, "&")
}

// Check returns nil if the query is signed for the app, and auth_timestamp is within RequestAge of now. The signature covers the
// MD5 of the body. So Check does not need the body, and the caller calls CheckBody once the body is read.
func (r *Request) Check(key, secret string, now time.Time) error {
	if !equal(r.Query["auth_key"], key) {
		return ErrAuthKey
	}
	if r.Query["auth_version"] != "1.0" {
		return ErrAuthVersion
	}
	sent, err := strconv.ParseInt(r.Query["auth_timestamp"], 10, 64)
	if oldest := now.Add(-RequestAge).Unix(); err != nil || sent < oldest || sent > now.Add(RequestAge).Unix() {
		return ErrAuthTimestamp
	}
	signature := r.Query["auth_signature"]
	if !equal(signature, Sign(secret, r.Text(r.Path))) && !equal(signature, Sign(secret, r.Text(r.RawPath))) {
		return ErrSignature
	}
	return nil
}

// CheckBody compares the body with its MD5. If there is no body, the MD5 may be missing.
func (r *Request) CheckBody() error {
	want := r.Query["body_md5"]
	if want == "" && len(r.Body) == 0 || equal(want, BodyMD5(r.Body)) {
		return nil
	}
	return ErrBodyMD5
}

// BodyMD5 returns the parameter body_md5 for a body.
func BodyMD5(body []byte) string {
	sum := md5.Sum(body)
	return hex.EncodeToString(sum[:])
}
