package settings

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

func (s *Serve) tlsRules() []rule {
	return []rule{
		{"tls-cert", s.TLSCert != "" || s.TLSKey == "", "given with --tls-key", string(s.TLSCert)},
		{"tls-key", s.TLSKey != "" || s.TLSCert == "", "given with --tls-cert", string(s.TLSKey)},
	}
}

// Certificate reads the server's certificate and its key; nil without TLS. Each call reads the files again.
func (s *Serve) Certificate() (*tls.Certificate, error) {
	if s.TLSCert == "" {
		return nil, nil
	}
	cert, err := os.ReadFile(string(s.TLSCert))
	if err != nil {
		return nil, fmt.Errorf("--tls-cert: %w", err)
	}
	key, err := os.ReadFile(string(s.TLSKey))
	if err != nil {
		return nil, fmt.Errorf("--tls-key: %w", err)
	}
	c, err := tls.X509KeyPair(cert, key)
	if err == nil {
		c.Leaf, err = x509.ParseCertificate(c.Certificate[0])
	}
	if err != nil {
		return nil, fmt.Errorf("--tls-cert: %s (the server's own certificate first) with the key %s: %w", s.TLSCert, s.TLSKey, err)
	}
	return &c, nil
}
