// Package certificate makes throw-away certificates for measurements and tests.
package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Names of the files that Write creates.
const (
	CertFile = "cert.pem"
	KeyFile  = "key.pem"
)

// Files are the paths of a certificate and its key, both in PEM.
type Files struct {
	Cert, Key string
	Roots     *x509.CertPool // trusts the certificate
}

// Write creates a self-signed certificate for 127.0.0.1 and its key in dir, and replaces older
// ones. The key is an ECDSA key on P-256, as in most public certificates. The certificate is
// valid for 30 days.
func Write(dir string) (Files, error) {
	f := Files{Cert: filepath.Join(dir, CertFile), Key: filepath.Join(dir, KeyFile), Roots: x509.NewCertPool()}
	certificate, private, err := newPair()
	if err != nil {
		return f, fmt.Errorf("certificate: %w", err)
	}
	text := encode("CERTIFICATE", certificate)
	f.Roots.AppendCertsFromPEM(text)
	return f, errors.Join(os.WriteFile(f.Cert, text, 0o600), os.WriteFile(f.Key, encode("PRIVATE KEY", private), 0o600))
}

func newPair() (certificate, private []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if private, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
		return nil, nil, err
	}
	now := time.Now()
	of := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, 30),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	certificate, err = x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	return certificate, private, err
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
