// Package auth verifies JSON Web Tokens (RFC 7519) and returns the user's name and rights in them. The
// signature is checked with a shared secret (HS256) or with a set of public keys (RS256, ES256, EdDSA).
//
// A token in doubt is invalid. Examples are an algorithm that does not belong to the key, a critical
// header, or a date that is not a number. An unknown member of the plenum claim is invalid too, because a
// misspelt restriction must not mean "no restriction".
//
// An info of more than MaxInfo bytes makes a token invalid. If it were ignored, the mistake would remain unnoticed. An info is
// kept as its JSON text, without white space between the tokens, so that its numbers keep their digits.
//
// A token without an exp never expires. A token is accepted up to 5 seconds before its nbf, to allow
// for clock differences. An expired token is refused at once.
//
// An unusable key of a key set is skipped, so that the other keys stay valid when an issuer publishes a
// faulty one. Verifier.Skipped returns the reasons. A set without any usable key is an error.
//
// Errors contain no part of a token. A Verifier may be used from any goroutine. It reads no clock, opens
// no file and sends no request.
package auth
