package main

import (
	"crypto/tls"
	"time"
)

// tlsConfig returns the TLS configuration of the public listener; nil if it does not use TLS. Handshakes use the
// certificate of the last reload.
func (s *server) tlsConfig() *tls.Config {
	if s.cfg.TLSCert == "" {
		return nil
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		CipherSuites: suites,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return s.reloaded.Load().certificate, nil
		},
	}
}

// certificateEnd returns when the certificate expires; the zero time if there is none.
func (s *server) certificateEnd() time.Time {
	if c := s.reloaded.Load().certificate; c != nil {
		return c.Leaf.NotAfter
	}
	return time.Time{}
}

// suites are the cipher suites of TLS 1.2 that RFC 9325 section 4.2 recommends, and their ChaCha20 counterparts for
// processors without AES. All have forward secrecy, and none uses CBC. All suites of TLS 1.3 are enabled.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}
