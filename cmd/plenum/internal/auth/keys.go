package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

// maxKeys bounds a key set, and with it how many keys a token without a key's name is
// tried with.
const maxKeys = 64

// key is what a token may have been signed by.
type key struct {
	id       string // empty: fits any token of its algorithm
	material crypto.PublicKey
}

// jwks is a key set (RFC 7517 section 5). A key that is malformed is no fault of the others, so
// each is decoded by itself.
type jwks struct {
	Keys []json.RawMessage `json:"keys"`
}

// readKeys returns the keys of a set by their algorithms. Keys for something else are left
// out. A key for one of our algorithms that cannot be used is left out as well, and skipped tells why (RFC
// 7517 section 5). It is an error if no key is left.
func readKeys(text []byte) (keys map[string][]key, skipped []error, err error) {
	var set jwks
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, nil, fmt.Errorf("not a key set: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, nil, fmt.Errorf("%d keys, at most %d are taken", len(set.Keys), maxKeys)
	}
	keys = map[string][]key{}
	for i, text := range set.Keys {
		alg, k, err := readKey(text)
		switch {
		case err != nil:
			skipped = append(skipped, fmt.Errorf("key %d (kid %q): %w", i+1, k.id, err))
		case alg != "":
			keys[alg] = append(keys[alg], k)
		}
	}
	switch {
	case len(keys) > 0:
		return keys, skipped, nil
	case len(skipped) > 0:
		return nil, nil, fmt.Errorf("none of the %d keys can be used: %w", len(set.Keys), inOneLine(skipped))
	}
	return nil, nil, fmt.Errorf("none of the %d keys is for RS256, ES256 or EdDSA signatures", len(set.Keys))
}

// inOneLine joins errors as errors.Join does, but with semicolons.
func inOneLine(all []error) error {
	err := all[0]
	for _, next := range all[1:] {
		err = fmt.Errorf("%w; %w", err, next)
	}
	return err
}

// readKey returns a key and its algorithm, empty if it is for something else. With an error the
// key has its id alone.
func readKey(text []byte) (alg string, k key, err error) {
	var said jwkset.JWKMarshal
	err = json.Unmarshal(text, &said)
	k.id = said.KID
	if err != nil {
		return "", k, err
	}
	if alg = algorithm(said); alg == "" || !verifies(said) {
		return "", k, nil
	}
	k.material, err = publicKey(said)
	return alg, k, err
}

// algorithm is the one that the key is for, by what kind of key it is and by what it
// says itself; empty where it is none of ours.
func algorithm(k jwkset.JWKMarshal) string {
	var own string
	switch {
	case k.KTY == jwkset.KtyRSA:
		own = jwt.SigningMethodRS256.Alg()
	case k.KTY == jwkset.KtyEC && k.CRV == jwkset.CrvP256:
		own = jwt.SigningMethodES256.Alg()
	case k.KTY == jwkset.KtyOKP && k.CRV == jwkset.CrvEd25519:
		own = jwt.SigningMethodEdDSA.Alg()
	}
	if k.ALG != "" && string(k.ALG) != own {
		return ""
	}
	return own
}

// verifies tells whether the key is meant for signatures (RFC 7517 sections 4.2 and 4.3).
func verifies(k jwkset.JWKMarshal) bool {
	return (k.USE == "" || k.USE == jwkset.UseSig) &&
		(len(k.KEYOPS) == 0 || slices.Contains(k.KEYOPS, jwkset.KeyOpsVerify))
}

// publicKey reads the key, and checks what the library leaves to the first token.
func publicKey(k jwkset.JWKMarshal) (crypto.PublicKey, error) {
	// RFC 7518 section 6.2.1.2; the library panics at more.
	if k.KTY == jwkset.KtyEC && (coordinate(k.X) != 32 || coordinate(k.Y) != 32) {
		return nil, errors.New("x and y must have 32 bytes each")
	}
	read, err := jwkset.NewJWKFromMarshal(k, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return nil, err
	}
	switch public := read.Key().(type) {
	case *rsa.PublicKey:
		return public, checkRSA(public)
	case *ecdsa.PublicKey:
		if _, err := public.Bytes(); err != nil {
			return nil, errors.New("x and y are no point of its curve")
		}
	}
	return read.Key(), nil
}

// coordinate is how many bytes a base64url text stands for.
func coordinate(text string) int { return len(strings.TrimRight(text, "=")) * 3 / 4 }

// maxExponent is the largest exponent that crypto/rsa takes.
const maxExponent = 1<<31 - 1

// checkRSA holds RFC 7518 section 3.3, and what crypto/rsa wants of an exponent.
func checkRSA(k *rsa.PublicKey) error {
	if bits := k.N.BitLen(); bits < 2048 {
		return fmt.Errorf("its modulus has %d bits, it needs 2048 or more", bits)
	}
	if k.N.Bit(0) == 0 {
		return errors.New("its modulus is even")
	}
	if k.E < 3 || k.E%2 == 0 || k.E > maxExponent {
		return fmt.Errorf("its exponent must be an odd number from 3 to %d", maxExponent)
	}
	return nil
}
