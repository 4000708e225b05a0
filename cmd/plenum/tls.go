package main

import (
	"crypto/tls"
	"time"
)

// tlsConfig returns how the public listener speaks TLS; nil if it does not. The certificate is that
// of the last reload.
func (s *server) tlsConfig() *tls.Config {
	if s.cfg.TLSCert == "" {
		return nil
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		CipherSuites: suites,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return s.live.Load().certificate, nil
		},
	}
}

// certificateEnd returns when the certificate ends; the zero time if there is none.
func (s *server) certificateEnd() time.Time {
	if c := s.live.Load().certificate; c != nil {
		return c.Leaf.NotAfter
	}
	return time.Time{}
}

// suites are those of TLS 1.2 that RFC 9325 section 4.2 recommends, and the ones like them
// for processors without AES: forward secrecy, and no CBC. All of TLS 1.3's are.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}
