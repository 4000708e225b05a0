package apps_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/apps"
)

func config(id, key string) apps.Config {
	return apps.Config{ID: id, Key: key, Secret: "12345678", Limits: apps.DefaultLimits}
}

func TestAnAppStaysTheSameWhileItsIDDoes(t *testing.T) {
	var r apps.Registry
	assert.Nil(t, r.ByKey("a"))
	removed, changed := r.Apply([]apps.Config{config("1", "a"), config("2", "b")})
	assert.Empty(t, removed)
	assert.True(t, changed)
	one, two := r.ByID("1"), r.ByID("2")
	assert.Same(t, one, r.ByKey("a"))
	one.Count(apps.Events)

	removed, changed = r.Apply([]apps.Config{config("2", "b"), config("1", "a")})
	assert.Empty(t, removed)
	assert.False(t, changed, "the order does not matter")

	removed, changed = r.Apply([]apps.Config{config("1", "c"), config("3", "a")})
	assert.True(t, changed)
	assert.Equal(t, []*apps.App{two}, removed)
	assert.True(t, two.Removed())
	assert.False(t, one.Removed())
	assert.Same(t, one, r.ByKey("c"))
	assert.Equal(t, "3", r.ByKey("a").ID())
	assert.Equal(t, "c", one.Settings().Key)
	assert.EqualValues(t, 1, one.Counts()[apps.Events])

	_, changed = r.Apply(nil)
	assert.True(t, changed)
	assert.Empty(t, r.All())
}

func TestAnAppHasAtMostItsConnections(t *testing.T) {
	var r apps.Registry
	c := config("1", "a")
	c.Limits.Connections = 2
	r.Apply([]apps.Config{c})
	app := r.ByID("1")
	assert.True(t, app.Connect())
	assert.True(t, app.Connect())
	assert.False(t, app.Connect())
	app.Disconnect()
	assert.True(t, app.Connect())
	assert.EqualValues(t, 2, app.Counts()[apps.Connections])
	assert.EqualValues(t, 1, app.Counts()[apps.ConnectionsRefused])
}

func TestTheNumberOfShownAppsIsBounded(t *testing.T) {
	var r apps.Registry
	var configs []apps.Config
	for i := range apps.MaxApps {
		configs = append(configs, config(fmt.Sprintf("%04d", i), fmt.Sprint(i)))
	}
	r.Apply(configs)
	for _, app := range r.All() {
		app.Add(apps.Events, 2)
	}
	shown := r.Labelled()
	require.Len(t, shown, apps.Shown+1)
	assert.EqualValues(t, 2, shown[0].Counts[apps.Events])
	assert.Equal(t, apps.Other, shown[apps.Shown].App)
	assert.EqualValues(t, 2*(apps.MaxApps-apps.Shown), shown[apps.Shown].Counts[apps.Events])
}

func TestOnlyPagesOfTheOriginsMayConnect(t *testing.T) {
	request := func(origins ...string) *http.Request {
		return &http.Request{Host: "plenum.example", Header: http.Header{"Origin": origins}}
	}
	c := config("1", "a")
	assert.True(t, c.AllowOrigin(request("https://evil.example")))
	c.Origins = []string{"https://shop.example:443"}
	assert.False(t, c.AllowOrigin(request("https://evil.example")))
	assert.False(t, c.AllowOrigin(request("null")))
	assert.False(t, c.AllowOrigin(request("https://shop.example", "https://shop.example")))
	assert.True(t, c.AllowOrigin(request("https://Shop.example")))
	assert.True(t, c.AllowOrigin(request("https://plenum.example")))
	assert.True(t, c.AllowOrigin(&http.Request{}))
	c.Origins = []string{"*"}
	assert.True(t, c.AllowOrigin(request("https://evil.example")))
}
