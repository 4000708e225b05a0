package endpoint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// The ports of URLs that name no port (RFC 6455 section 3).
const (
	plainPort     = 80
	encryptedPort = 443
)

// Check returns an error if u cannot be dialed, whatever address its host has. The schemes are ws, wss, and https, which is
// the same as wss.
func Check(u *url.URL) error {
	if u.Scheme != "ws" && !Encrypted(u) {
		return fmt.Errorf("the scheme must be ws or wss, got %q", u.Scheme)
	}
	if u.Hostname() == "" {
		return errors.New("there is no host")
	}
	if _, ok := port(u); !ok {
		return fmt.Errorf("the port must be 1 to 65535, got %q", u.Port())
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.Zone() != "" {
		return fmt.Errorf("addresses with a zone are not supported, got %q", u.Host)
	}
	return nil
}

// Encrypted reports whether u is dialed with TLS.
func Encrypted(u *url.URL) bool { return u.Scheme == "wss" || u.Scheme == "https" }

// Literal returns the address of u if its host is an IP address. It returns false for a host name, and for a URL that Check
// rejects.
func Literal(u *url.URL) (netip.AddrPort, bool) {
	ip, err := netip.ParseAddr(u.Hostname())
	if err != nil || Check(u) != nil {
		return netip.AddrPort{}, false
	}
	n, _ := port(u)
	return netip.AddrPortFrom(ip.Unmap(), n), true
}

// port returns the port of u, or the default port of its scheme.
func port(u *url.URL) (uint16, bool) {
	if u.Port() != "" {
		n, err := strconv.ParseUint(u.Port(), 10, 16)
		return uint16(n), err == nil && n > 0
	}
	if Encrypted(u) {
		return encryptedPort, true
	}
	return plainPort, true
}

// Resolve returns the address that u leads to. If the host name has several addresses, the result is the first one that accepts
// a TCP connection. IPv4 addresses are tried before IPv6 addresses.
func Resolve(ctx context.Context, u *url.URL) (netip.AddrPort, error) {
	return resolve(ctx, u, net.DefaultResolver.LookupNetIP)
}

// lookup returns the addresses of a host name, as net.Resolver.LookupNetIP does. network is "ip".
type lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)

func resolve(ctx context.Context, u *url.URL, find lookup) (netip.AddrPort, error) {
	if err := Check(u); err != nil {
		return netip.AddrPort{}, err
	}
	if address, ok := Literal(u); ok {
		return address, nil
	}
	found, err := find(ctx, "ip", u.Hostname())
	if err == nil && len(found) == 0 {
		err = errors.New("it has no address")
	}
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("the host name %q does not resolve: %w", u.Hostname(), cmp.Or(context.Cause(ctx), err))
	}
	n, _ := port(u)
	all := addresses(found, n)
	address, err := accepting(ctx, all)
	if err != nil {
		return address, fmt.Errorf("none of the %d addresses of %q accepts a connection: %w", len(all), u.Hostname(), err)
	}
	return address, nil
}

// addresses returns the found IP addresses with a port, each once, IPv4 first.
func addresses(found []netip.Addr, port uint16) (all []netip.AddrPort) {
	for _, ip := range found {
		if at := netip.AddrPortFrom(ip.Unmap(), port); !slices.Contains(all, at) {
			all = append(all, at)
		}
	}
	slices.SortStableFunc(all, func(a, b netip.AddrPort) int { return a.Addr().BitLen() - b.Addr().BitLen() })
	return all
}

// tryTime bounds the attempt to connect to one of several addresses.
const tryTime = 2 * time.Second

// accepting returns the first address that accepts a connection. If none does, it returns the error of the first one. A single
// address is returned without an attempt.
func accepting(ctx context.Context, all []netip.AddrPort) (netip.AddrPort, error) {
	if len(all) == 1 {
		return all[0], nil
	}
	dialer := net.Dialer{Timeout: tryTime}
	var first error
	for _, at := range all {
		conn, err := dialer.DialContext(ctx, "tcp", at.String())
		if err == nil {
			return at, conn.Close()
		}
		first = cmp.Or(first, err)
	}
	return netip.AddrPort{}, first
}
