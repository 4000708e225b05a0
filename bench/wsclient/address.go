package wsclient

import (
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"net/url"
)

// Address returns where u leads to; false where a pool cannot dial that.
func Address(u *url.URL) (netip.AddrPort, bool) {
	address, err := netip.ParseAddrPort(u.Host)
	return address, err == nil && address.Addr().Is4() && (u.Scheme == "ws" || encrypted(u))
}

// encrypted tells whether u is dialled by TLS.
func encrypted(u *url.URL) bool { return u.Scheme == "wss" || u.Scheme == "https" }

// TLSConfig trusts those authorities, nil for the system's. WebSocket is spoken over
// HTTP/1.1 (RFC 6455 section 4.1), so that is what a server is told of (RFC 7301).
func TLSConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
}
