package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
)

// maxAPIKeys is the maximum number of APIKeys. It bounds the cost of checking one.
const maxAPIKeys = 16

// MaxAPIKey is the maximum length of an API key, in bytes.
const MaxAPIKey = 512

// APIKeys are the keys with which back ends may call the API. The zero value has none.
type APIKeys struct {
	sums [][sha256.Size]byte // set at creation
}

// NewAPIKeys returns the keys, or an error if one of them is invalid. The error does not contain a key.
func NewAPIKeys(keys []string) (APIKeys, error) {
	if len(keys) > maxAPIKeys {
		return APIKeys{}, fmt.Errorf("at most %d keys are allowed, got %d", maxAPIKeys, len(keys))
	}
	var all APIKeys
	for i, key := range keys {
		switch {
		case len(key) < MinSecret || len(key) > MaxAPIKey:
			return APIKeys{}, fmt.Errorf("a key must have %d to %d bytes, key %d has %d", MinSecret, MaxAPIKey, i+1, len(key))
		case strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
			return APIKeys{}, fmt.Errorf("a key must be of ASCII letters, digits and punctuation, key %d is not", i+1)
		}
		all.sums = append(all.sums, sha256.Sum256([]byte(key)))
	}
	return all, nil
}

// ErrNoAPIKeys says that keys were to be read, but there are none.
var ErrNoAPIKeys = errors.New("contains no key")

// Any reports whether there are keys.
func (k APIKeys) Any() bool { return len(k.sums) > 0 }

// Has reports whether key is one of the keys. Its duration does not depend on how many bytes of a key match.
func (k APIKeys) Has(key string) bool {
	sum, found := sha256.Sum256([]byte(key)), 0
	for i := range k.sums {
		found |= subtle.ConstantTimeCompare(sum[:], k.sums[i][:])
	}
	return found == 1
}
