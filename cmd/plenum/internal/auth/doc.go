// Package auth tells whom a token names and what it allows: JSON Web Tokens (RFC 7519),
// checked with one secret (HS256) or with the public keys of a file (RS256, ES256, EdDSA).
//
// A token is what its issuer says and nothing else, so whatever is in doubt makes it
// invalid: an algorithm that is not the key's own, a critical header, a date that is no
// number, a plenum claim with a member that is not known here (a misspelt limit must not
// mean none). A token need not end; its issuer decides. One that is to be valid later is
// taken 5 s early, for clocks that differ; one that has ended is not taken any more.
//
// A key of the set that cannot be used is skipped, because the other keys must stay good while an
// issuer publishes a faulty one; Verifier.Skipped tells which. A set without any usable key is an error.
//
// Nothing of a token is in any error. A Verifier may be used from any goroutine; it has
// no clock, opens no file and asks no server.
package auth
