package endpoint

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func parsed(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return u
}

func TestAnIPAddressIsItsOwnEndpoint(t *testing.T) {
	for text, want := range map[string]string{
		"ws://127.0.0.1:8080/a?b":        "127.0.0.1:8080",
		"ws://127.0.0.1":                 "127.0.0.1:80",
		"wss://127.0.0.1/":               "127.0.0.1:443",
		"https://127.0.0.1:/":            "127.0.0.1:443",
		"ws://[::1]:8080/":               "[::1]:8080",
		"wss://[::1]/":                   "[::1]:443",
		"ws://[::ffff:127.0.0.1]:8080/":  "127.0.0.1:8080",
		"ws://localhost:8080/":           "",
		"wss://chat.example.org/":        "",
		"http://127.0.0.1/":              "",
		"ws://127.0.0.1:0/":              "",
		"ws://[fe80::1%25eth0]:8080/":    "",
		"ws://127.0.0.1.example.org:80/": "",
	} {
		got, ok := Literal(parsed(t, text))
		if want == "" {
			assert.False(t, ok, text)
			continue
		}
		assert.True(t, ok, text)
		assert.Equal(t, want, got.String(), text)
	}
}

func TestAURLThatCannotBeDialedIsRejected(t *testing.T) {
	for text, want := range map[string]string{
		"ws://localhost/":           "",
		"wss://chat.example.org:1/": "",
		"ws://[::1]:65535/":         "",
		"http://localhost/":         `the scheme must be ws or wss, got "http"`,
		"localhost:8080/":           `the scheme must be ws or wss, got "localhost"`,
		"":                          `the scheme must be ws or wss, got ""`,
		"ws:///path":                "there is no host",
		"ws://:8080/path":           "there is no host",
		"ws://localhost:0/":         `the port must be 1 to 65535, got "0"`,
		"ws://localhost:65536/":     `the port must be 1 to 65535, got "65536"`,
		"ws://[fe80::1%25eth0]:1/":  `addresses with a zone are not supported, got "[fe80::1%eth0]:1"`,
	} {
		err := Check(parsed(t, text))
		if want == "" {
			assert.NoError(t, err, text)
			continue
		}
		assert.EqualError(t, err, want, text)
		_, err = Resolve(t.Context(), parsed(t, text))
		assert.EqualError(t, err, want, text)
	}
}

func TestLocalhostResolvesToTheAddressThatAccepts(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			t.Logf("%v", err)
			assert.Equal(t, "::1", host, "only IPv6 may be missing")
			continue
		}
		defer listener.Close()
		want := listener.Addr().(*net.TCPAddr).AddrPort()
		u := parsed(t, "ws://name.example:"+u16(want.Port())+"/")
		got, err := resolve(t.Context(), u, finds("::1", "127.0.0.1", "::ffff:127.0.0.1"))
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	want := listener.Addr().(*net.TCPAddr).AddrPort()
	got, err := Resolve(t.Context(), parsed(t, "ws://localhost:"+u16(want.Port())+"/"))
	require.NoError(t, err, "of the system's resolver")
	assert.Equal(t, want, got)
}

func u16(port uint16) string {
	return netip.AddrPortFrom(netip.IPv4Unspecified(), port).String()[len("0.0.0.0:"):]
}

// finds returns a lookup that finds these addresses.
func finds(ips ...string) lookup {
	return func(context.Context, string, string) (all []netip.Addr, err error) {
		for _, ip := range ips {
			all = append(all, netip.MustParseAddr(ip))
		}
		return all, nil
	}
}

// So a single address is not connected to twice, and the error of the first connection is reported.
func TestASingleAddressIsNotTried(t *testing.T) {
	got, err := resolve(t.Context(), parsed(t, "wss://name.example/"), finds("192.0.2.1"))
	require.NoError(t, err)
	assert.Equal(t, "192.0.2.1:443", got.String())
}

func TestAnEndpointThatCannotBeReachedSaysWhy(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed.Close()
	port := u16(closed.Addr().(*net.TCPAddr).AddrPort().Port())
	_, err = resolve(t.Context(), parsed(t, "ws://name.example:"+port+"/"), finds("127.0.0.1", "127.0.0.2"))
	assert.EqualError(t, err, `none of the 2 addresses of "name.example" accepts a connection: dial tcp 127.0.0.1:`+port+": connect: connection refused")

	u := parsed(t, "ws://name.example/")
	_, err = resolve(t.Context(), u, finds())
	assert.EqualError(t, err, `the host name "name.example" does not resolve: it has no address`)
	unknown := &net.DNSError{Err: "no such host", Name: "name.example", IsNotFound: true}
	_, err = resolve(t.Context(), u, func(context.Context, string, string) ([]netip.Addr, error) { return nil, unknown })
	assert.EqualError(t, err, `the host name "name.example" does not resolve: lookup name.example: no such host`)
	ctx, cancel := context.WithCancelCause(t.Context())
	cut := errors.New("interrupted")
	cancel(cut)
	_, err = resolve(ctx, u, func(ctx context.Context, _, _ string) ([]netip.Addr, error) { return nil, ctx.Err() })
	assert.ErrorIs(t, err, cut)
}
