package settings

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/apps"
)

// appSecret is the secret of the apps in these tests. No error and no print may contain it.
const appSecret = "Ahch4eiQuoh6"

// someApps is a file with two apps, of which the first has all keys.
const someApps = `
apps:
  - id: "1"
    key: abc
    secret: ` + appSecret + `
    origins: [https://shop.example]
    client-events: true
    subscription-counts: true
    limits: {connections: 1, channels: 2, client-events: 3, payload: 1KiB, event-channels: 5, batch-events: 6, requests: 7}
    webhooks:
      - {url: "https://user:` + appSecret + `@shop.example/hook", events: [channel_occupied, member_added], secret: ` + appSecret + `2}
      - {url: "http://shop.example/all"}
  - {id: 2, key: def, secret: ` + appSecret + `}
`

func TestAppsOfTheFileHaveAllSettings(t *testing.T) {
	inFile(t, someApps)
	c, err := parse(nil, "--config=plenum.yaml")
	require.NoError(t, err)
	got, err := c.Serve.Apps.Configs()
	require.NoError(t, err)
	want := []apps.Config{
		{
			ID: "1", Key: "abc", Secret: appSecret, Origins: []string{"https://shop.example"}, ClientEvents: true, SubscriptionCounts: true,
			Limits: apps.Limits{Connections: 1, Channels: 2, ClientEvents: 3, Payload: 1024, EventChannels: 5, BatchEvents: 6, Requests: 7},
			Webhooks: []apps.Webhook{
				{URL: "https://user:" + appSecret + "@shop.example/hook", Events: []string{"channel_occupied", "member_added"}, Secret: appSecret + "2"},
				{URL: "http://shop.example/all"},
			},
		},
		{ID: "2", Key: "def", Secret: appSecret, Limits: apps.DefaultLimits},
	}
	assert.EqualExportedValues(t, want[0], got[0])
	assert.EqualExportedValues(t, want[1], got[1])
}

func TestAppsCanBeGivenInAnyPlace(t *testing.T) {
	both, list := "1:a:"+appSecret+",2:b:"+appSecret, `[{"id":"1","key":"a","secret":"`+appSecret+`"},{"id":"2","key":"b","secret":"`+appSecret+`"}]`
	for name, given := range map[string]struct {
		env  environ
		args []string
	}{
		"repeated": {nil, []string{"--app", "1:a:" + appSecret, "--app=2:b:" + appSecret}},
		"together": {nil, []string{"--apps=" + both}},
		"list":     {nil, []string{"--apps=" + list}},
		"env":      {environ{"PLENUM_APPS": both}, nil},
		"env list": {environ{"PLENUM_APPS": list}, nil},
		"file":     {environ{"PLENUM_CONFIG": "plenum.yaml"}, nil},
	} {
		inFile(t, "apps: "+list+"\n")
		c, err := parse(given.env, given.args...)
		require.NoError(t, err, name)
		got, err := c.Serve.Apps.Configs()
		require.NoError(t, err, name)
		require.Len(t, got, 2, name)
		assert.EqualExportedValues(t, apps.Config{ID: "2", Key: "b", Secret: appSecret, Limits: apps.DefaultLimits}, got[1], name)
	}
}

func TestTheCommandLineReplacesTheAppsOfTheFile(t *testing.T) {
	inFile(t, someApps)
	c, err := parse(nil, "--config=plenum.yaml", "--app=3:x:"+appSecret)
	require.NoError(t, err)
	assert.Equal(t, "3", c.Serve.Apps.String())
}

func TestTheSecretsOfAppsAreNeverPrinted(t *testing.T) {
	inFile(t, someApps)
	c, err := parse(nil, "--config=plenum.yaml", "--print-config")
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, c.Print(&out))
	configs, err := c.Serve.Apps.Configs()
	require.NoError(t, err)
	for _, text := range []string{out.String(), fmt.Sprintf("%v %+v %#v", c, c, c), fmt.Sprintf("%v %+v %#v", configs, configs, configs)} {
		assert.NotContains(t, text, appSecret)
	}
	assert.Equal(t, [2]string{"1,2", "file plenum.yaml"}, setting(t, c, "apps"))
}

func TestTheSecretOfAnAppMayBeInAFile(t *testing.T) {
	file := secretFile(t, appSecret+"\n")
	inFile(t, "apps:\n  - {id: 1, key: a, secret-file: "+file+", webhooks: [{url: http://x, secret-file: "+file+"}]}\n")
	c, err := parse(nil, "--config=plenum.yaml")
	require.NoError(t, err)
	got, err := c.Serve.Apps.Configs()
	require.NoError(t, err)
	assert.Equal(t, appSecret, got[0].Secret)
	assert.Equal(t, appSecret, got[0].Webhooks[0].Secret)

	require.NoError(t, os.WriteFile(file, []byte("short"), 0o600))
	_, err = parse(nil, "--config=plenum.yaml")
	assertRefused(t, "--apps: app 1: secret-file: "+file+": must have 8 bytes or more (file plenum.yaml)", err)
}

func TestInvalidAppsOfAFileAreRefusedWithTheirLine(t *testing.T) {
	const valid = "  - {id: 1, key: a, secret: " + appSecret
	for _, tc := range []struct{ yaml, want string }{
		{valid + ", secrt: x}\n", `line 2: unknown key "apps.secrt"`},
		{valid + "}\n" + valid + "}\n", `line 3: key "apps": two apps have the id 1`},
		{valid + "}\n  - {id: 2, key: a, secret: " + appSecret + "}\n", `line 3: key "apps": app 2: another app has the same key`},
		{valid + ", key: b}\n", `line 2: key "apps.key" is given twice`},
		{"  - id: 1\n    key: a\n", `line 2: key "apps.secret": must be given, or else secret-file, but not both`},
		{valid + ", secret-file: x}\n", `line 2: key "apps.secret": must be given, or else secret-file, but not both`},
		{"  - {key: a, secret: " + appSecret + "}\n", `line 2: key "apps.id": is missing`},
		{"  - {id: 1, secret: " + appSecret + "}\n", `line 2: key "apps.key": is missing`},
		{"  - {id: a/b, key: a, secret: " + appSecret + "}\n", `line 2: key "apps.id": must be 1 to 64 letters, digits, - or _`},
		{"  - {id: 1, key: a, secret: short}\n", `line 2: key "apps.secret": must have 8 bytes or more`},
		{"  - {id: 1, key: a, secret: {a: " + appSecret + "}}\n", `line 2: key "apps.secret": must be a text`},
		{"  - " + appSecret + "\n", "line 2: key \"apps\": must be a mapping, with a `key: value` per line"},
		{valid + ", client-events: " + appSecret + "}\n", `line 2: key "apps.client-events": must be true or false`},
		{valid + ", origins: [shop.example]}\n", `line 2: key "apps.origins": must be * or like https://chat.example.org`},
		{valid + ",\n    limits: {channels: 0}}\n", `line 3: key "apps.limits.channels": must be a number from 1 to 65536`},
		{valid + ",\n    limits: {channls: 0}}\n", `line 3: unknown key "apps.limits.channls"`},
		{valid + ",\n    limits: {payload: 1B}}\n", `line 3: key "apps.limits.payload": must be between 125B and 1GiB`},
		{valid + ",\n    webhooks: [{url: \"ftp://" + appSecret + "\"}]}\n", `line 3: key "apps.webhooks.url": must be a URL like https://shop.example/webhooks`},
		{valid + ",\n    webhooks: [{events: []}]}\n", `line 3: key "apps.webhooks.url": is missing`},
		{valid + ",\n    webhooks: [{url: http://x, events: [a]}]}\n", `line 3: key "apps.webhooks.events": must be one of channel_occupied, channel_vacated, member_added, member_removed, client_event, cache_miss, subscription_count`},
	} {
		inFile(t, "apps:\n"+tc.yaml)
		_, err := parse(nil, "--config=plenum.yaml")
		assertRefused(t, "--config: plenum.yaml: "+tc.want, err)
		assert.NotContains(t, err.Error(), appSecret)
	}
}

func TestInvalidAppsOfTheCommandLineOrTheEnvironmentAreRefused(t *testing.T) {
	for given, want := range map[string]string{
		appSecret:                                "must be ID:KEY:SECRET",
		"1:a:" + appSecret + ",":                 "must be ID:KEY:SECRET",
		"1/2:a:" + appSecret:                     "the id must be 1 to 64 letters, digits, - or _",
		"1::" + appSecret:                        "app 1: the key must be 1 to 64 letters, digits, - or _",
		"1:a:short":                              "app 1: the secret must have 8 bytes or more",
		"[{id: 1, ke: " + appSecret:              "must be ID:KEY:SECRET, or a list of mappings in YAML or JSON",
		"[\n{id: 1, key: a, secre: x}]":          `line 2: unknown key "secre"`,
		"1:a:" + appSecret + ",1:b:" + appSecret: "two apps have the id 1",
		"1:a:" + appSecret + ",2:a:" + appSecret: "app 2: another app has the same key",
	} {
		_, err := parse(nil, "--apps="+given)
		assertRefused(t, "--apps: "+want, err)
		_, err = parse(environ{"PLENUM_APPS": given})
		assertRefused(t, "--apps: "+want+" (env PLENUM_APPS)", err)
		assert.NotContains(t, err.Error(), appSecret)
	}
}
