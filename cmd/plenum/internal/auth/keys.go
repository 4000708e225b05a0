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

// maxKeys is the maximum number of keys in a set. It bounds the cost of a token without a key id, which is
// checked with all keys.
const maxKeys = 64

// key is a key that checks signatures.
type key struct {
	id       string // empty: fits any token of its algorithm
	material crypto.PublicKey
}

// jwks is a key set (RFC 7517 section 5). Each key is decoded separately, so that a malformed key does not affect
// the others.
type jwks struct {
	Keys []json.RawMessage `json:"keys"`
}

// readKeys returns the keys of a set by algorithm. Keys for other purposes and algorithms are left out without an
// error. Unusable keys for a supported algorithm are left out, and skipped has an error for each of them (RFC
// 7517 section 5). If no usable key remains, err is not nil.
func readKeys(text []byte) (keys map[string][]key, skipped []error, err error) {
	var set jwks
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, nil, fmt.Errorf("not a key set: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, nil, fmt.Errorf("the key set has %d keys, at most %d are allowed", len(set.Keys), maxKeys)
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

// readKey returns a key and its algorithm. alg is empty if the key is for another purpose or algorithm. If err is
// not nil, k has only an id.
func readKey(text []byte) (alg string, k key, err error) {
	var decoded jwkset.JWKMarshal
	err = json.Unmarshal(text, &decoded)
	k.id = decoded.KID
	if err != nil {
		return "", k, err
	}
	if alg = algorithm(decoded); alg == "" || !verifies(decoded) {
		return "", k, nil
	}
	k.material, err = publicKey(decoded)
	return alg, k, err
}

// algorithm returns the algorithm that follows from the key's type and curve. It returns "" if the algorithm is
// not supported, or if the key's own alg names another one.
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

// verifies reports whether the key may check signatures (RFC 7517 sections 4.2 and 4.3).
func verifies(k jwkset.JWKMarshal) bool {
	return (k.USE == "" || k.USE == jwkset.UseSig) &&
		(len(k.KEYOPS) == 0 || slices.Contains(k.KEYOPS, jwkset.KeyOpsVerify))
}

// publicKey decodes and checks the key. It makes the checks that the libraries would make only when they verify a token.
func publicKey(k jwkset.JWKMarshal) (crypto.PublicKey, error) {
	// RFC 7518 section 6.2.1.2. The library panics if a coordinate is longer.
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
			return nil, errors.New("x and y are not a point on the curve")
		}
	}
	return read.Key(), nil
}

// coordinate returns the number of bytes that a base64url text encodes.
func coordinate(text string) int { return len(strings.TrimRight(text, "=")) * 3 / 4 }

// maxExponent is the largest exponent that crypto/rsa accepts.
const maxExponent = 1<<31 - 1

// checkRSA checks the length of the modulus (RFC 7518 section 3.3), and the requirements of crypto/rsa.
func checkRSA(k *rsa.PublicKey) error {
	if bits := k.N.BitLen(); bits < 2048 {
		return fmt.Errorf("the modulus has %d bits, at least 2048 are required", bits)
	}
	if k.N.Bit(0) == 0 {
		return errors.New("the modulus is even")
	}
	if k.E < 3 || k.E%2 == 0 || k.E > maxExponent {
		return fmt.Errorf("the exponent must be an odd number from 3 to %d", maxExponent)
	}
	return nil
}
