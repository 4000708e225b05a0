package settings

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/webhook"
)

const hookURL = "https://user:hidden@shop.example/hidden?token=hidden"

func TestTheWebhookOfTheRoomsHasItsSettings(t *testing.T) {
	c, err := parse(nil, "--webhook-url="+hookURL, "--webhook-secret=secret12")
	require.NoError(t, err)
	hook, err := c.Serve.Webhook()
	require.NoError(t, err)
	assert.Equal(t, webhook.Hook{URL: hookURL, Secret: "secret12", Events: webhook.RoomEvents}, *hook)

	file := t.TempDir() + "/secret"
	require.NoError(t, os.WriteFile(file, []byte("secret34\n"), 0o600))
	c, err = parse(environ{"PLENUM_WEBHOOK_EVENTS": "room_occupied,room_vacated"}, "--webhook-url="+hookURL, "--webhook-secret-file="+file)
	require.NoError(t, err)
	hook, err = c.Serve.Webhook()
	require.NoError(t, err)
	assert.Equal(t, webhook.Hook{URL: hookURL, Secret: "secret34", Events: []string{"room_occupied", "room_vacated"}}, *hook)

	c, err = parse(nil)
	require.NoError(t, err)
	hook, err = c.Serve.Webhook()
	require.NoError(t, err)
	assert.Nil(t, hook)
}

func TestTheURLOfAWebhookIsNotPrinted(t *testing.T) {
	c, err := parse(nil, "--webhook-url="+hookURL, "--webhook-secret=hidden-secret", "--print-config")
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, c.Print(&out))
	assert.Contains(t, out.String(), "https://shop.example ")
	assert.NotContains(t, out.String(), "hidden")
}

func TestBadWebhooksAreRefusedWithoutTheirSecrets(t *testing.T) {
	for name, args := range map[string][]string{
		"webhook-url":         {"--webhook-url=ftp://user:hidden@shop.example/", "--webhook-secret=hidden12"},
		"webhook-secret":      {"--webhook-url=" + hookURL},
		"webhook-secret ":     {"--webhook-secret=hidden12"},
		"webhook-secret  ":    {"--webhook-url=" + hookURL, "--webhook-secret=hidden"},
		"webhook-secret-file": {"--webhook-url=" + hookURL, "--webhook-secret=hidden12", "--webhook-secret-file=x"},
		"webhook-events":      {"--webhook-url=" + hookURL, "--webhook-secret=hidden12", "--webhook-events=room_occupied,channel_occupied"},
		"webhook-events ":     {"--webhook-events=room_occupied"},
	} {
		_, err := parse(nil, args...)
		require.Error(t, err, name)
		assert.Contains(t, err.Error(), "--"+name[:len("webhook-url")], name)
		assert.NotContains(t, err.Error(), "hidden", name)
	}
}
