package settings

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBrokersAreURLsOfNATS(t *testing.T) {
	for _, value := range []string{"", "nats://127.0.0.1:4222", "tls://a.example", "nats://a:1,nats://b:2, nats://c:3", "nats://user:pass@a:1/"} {
		c, err := parse(nil, "--cluster="+value)
		require.NoError(t, err, value)
		assert.Equal(t, value, string(c.Serve.Cluster))
	}
	for value, shown := range map[string]string{
		"127.0.0.1:4222":           "(no URL)",
		"http://a":                 "http://a",
		"nats://":                  "nats://",
		"nats://a/path":            "nats://a/path",
		"nats://secret@a,http://b": "nats://a,http://b",
	} {
		_, err := parse(nil, "--cluster="+value)
		assert.EqualError(t, err, fmt.Sprintf("--cluster: must be URLs like nats://host:4222 or tls://host:4222, separated by commas, got %q", shown))
	}
}

func TestThePasswordOfABrokerIsNeverPrinted(t *testing.T) {
	const hidden = "hidden-password"
	c, err := parse(nil, "--cluster=nats://me:"+hidden+"@a:1,tls://"+hidden+"@b")
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, c.Print(&out))
	all := out.String() + fmt.Sprintf("%v %+v %#v", c, c, c)
	assert.Contains(t, all, "nats://a:1,tls://b")
	assert.NotContains(t, all, hidden)
}

func TestBrokersAndADirectoryExcludeEachOther(t *testing.T) {
	_, err := parse(nil, "--cluster=nats://a", "--data=/var/lib/plenum")
	assert.EqualError(t, err, `--data: must be empty if --cluster is set, because its brokers keep the messages, got "/var/lib/plenum"`)
}
