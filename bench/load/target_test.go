package load

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTemplatesAreExpandedWithTheNames(t *testing.T) {
	target := Target{
		URL:     "ws://127.0.0.1:8080/ws/chat/{room}?username={user}&again={room}",
		Publish: `{"id":3,"publish":{"channel":"{room}","data":{"by":"{user}","text":"{text}"}}}`,
	}
	assert.NoError(t, target.Check())
	assert.Equal(t, "ws://127.0.0.1:8080/ws/chat/r1?username=u2&again=r1", target.At(0, "r1", "u2"))
	before, after := target.around("r1", "u2")
	assert.Equal(t, `{"id":3,"publish":{"channel":"r1","data":{"by":"u2","text":"`, before)
	assert.Equal(t, `"}}}`, after)
}

func TestAnInvalidAuthorityIsRejectedWithItsFlag(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	target := Target{URL: "wss://127.0.0.1:80/", CA: file}
	assert.EqualError(t, target.Check(), "--tls-ca: open "+file+": no such file or directory")
	require.NoError(t, os.WriteFile(file, []byte("-----BEGIN KEY-----"), 0o600))
	assert.EqualError(t, target.Check(), "--tls-ca: "+file+" has no certificate in PEM")
}

func TestAnInvalidTargetIsRejectedWithItsFlag(t *testing.T) {
	for _, c := range []struct{ url, publish, want string }{
		{"ws://127.0.0.1:80/", "", ""},
		{"ws://127.0.0.1:80/{room}", "x{text}y", ""},
		{"wss://127.0.0.1:80/", "", ""},
		{"https://127.0.0.1:80/", "", ""},
		{"wss://localhost:80/", "", ""},
		{"ws://localhost", "", ""},
		{"ws://127.0.0.1/", "", ""},
		{"ws://[::1]:80/", "", ""},
		{"http://127.0.0.1:80/", "", `--url: must be like ws://localhost:8080/path or wss://chat.example.org/path, got "http://127.0.0.1:80/": the scheme must be ws or wss, got "http"`},
		{"ws://127.0.0.1:80/%zz", "", "--url: parse"},
		{"", "", "--url: must be like"},
		{"localhost:8080/path", "", "--url: must be like"},
		{"ws://127.0.0.1:80/{romo}?name={user}", "", `--url: {romo} is unknown, only {room} and {user} are replaced, got "ws://127.0.0.1:80/{romo}?name={user}"`},
		{"ws://{room}.example.org/", "", `--url: the host must be the same for all connections, got "ws://{room}.example.org/"`},
		{"ws://127.0.0.1:80/", "no text", "--publish: must have {text} once"},
		{"ws://127.0.0.1:80/", "{text}{text}", "--publish: must have {text} once"},
	} {
		err := Target{URL: c.url, Publish: c.publish}.Check()
		if c.want == "" {
			assert.NoError(t, err, c)
			continue
		}
		assert.ErrorContains(t, err, c.want, c)
	}
}

func TestAnInvalidNodeIsRejectedWithItsFlag(t *testing.T) {
	target := Target{URL: "wss://127.0.0.1:80/{room}?name={user}", Nodes: []string{"127.0.0.2:81", "127.0.0.3:82"}}
	require.NoError(t, target.Check())
	for n, want := range []string{"wss://127.0.0.2:81/r?name=u", "wss://127.0.0.3:82/r?name=u", "wss://127.0.0.2:81/r?name=u"} {
		assert.Equal(t, want, target.At(n, "r", "u"))
	}
	for _, right := range []string{"localhost:80", "localhost", "127.0.0.1", "[::1]:80"} {
		target.Nodes[1] = right
		assert.NoError(t, target.Check(), right)
	}
	for _, wrong := range []string{"", "ws://127.0.0.1:80", "127.0.0.1:80/path", "127.0.0.1:0", "a b"} {
		target.Nodes[1] = wrong
		assert.EqualError(t, target.Check(), fmt.Sprintf("--node: must be a host, or a host and a port, such as 127.0.0.1:8080, got %q", wrong))
	}
}

func TestEachHostOfATargetIsResolvedByItsText(t *testing.T) {
	target := Target{URL: "wss://127.0.0.1/{room}"}
	resolved := func() map[string]netip.AddrPort {
		hosts, err := target.Resolve(t.Context())
		require.NoError(t, err)
		return hosts
	}
	target.Hosts = resolved()
	assert.Equal(t, map[string]netip.AddrPort{"127.0.0.1": netip.MustParseAddrPort("127.0.0.1:443")}, target.Hosts)
	assert.Equal(t, []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:443")}, target.Addresses())
	target.Nodes = []string{"127.0.0.3", "[::1]:8080"}
	target.Hosts = resolved()
	assert.Equal(t, []netip.AddrPort{netip.MustParseAddrPort("127.0.0.3:443"), netip.MustParseAddrPort("[::1]:8080")}, target.Addresses())
	assert.NotContains(t, target.Hosts, "127.0.0.1", "the nodes take the place of the URL's host")

	target.Nodes = []string{"no-such-host.invalid:80"}
	_, err := target.Resolve(t.Context())
	assert.ErrorContains(t, err, `--node: the host name "no-such-host.invalid" does not resolve: `)
	target.Nodes = nil
	target.URL = "ws://no-such-host.invalid/"
	_, err = target.Resolve(t.Context())
	assert.ErrorContains(t, err, `--url: the host name "no-such-host.invalid" does not resolve: `)
}

// So the processes of a run use the addresses that the leading one has resolved.
func TestTheHostsOfATargetSurviveJSON(t *testing.T) {
	target := Target{URL: "ws://localhost:80/", Hosts: map[string]netip.AddrPort{"localhost:80": netip.MustParseAddrPort("[::1]:80")}}
	text, err := json.Marshal(target)
	require.NoError(t, err)
	var copied Target
	require.NoError(t, json.Unmarshal(text, &copied))
	assert.Equal(t, target, copied)
}

func TestANodeKeepsTheQueryOfAURLWithoutAPath(t *testing.T) {
	for url, want := range map[string]string{"ws://h?user={user}": "ws://127.0.0.2:81/?user=u", "ws://h": "ws://127.0.0.2:81/", "ws://h/": "ws://127.0.0.2:81/"} {
		assert.Equal(t, want, Target{URL: url, Nodes: []string{"127.0.0.2:81"}}.At(0, "r", "u"))
	}
}
