package settings

import (
	"errors"
	"slices"
	"strings"

	"github.com/alecthomas/units"
	"gopkg.in/yaml.v3"

	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/webhook"
	"plenum/cmd/plenum/internal/yamlfields"
)

// appsInYAML returns the apps of a list of mappings.
func appsInYAML(node *yaml.Node) (any, error) {
	all := Apps{}
	err := yamlfields.List(func(item *yaml.Node) error {
		app, err := appInYAML(item)
		if err != nil {
			return err
		}
		all = append(all, app)
		return all.differ()
	})(node)
	return all, err
}

func appInYAML(node *yaml.Node) (App, error) {
	app := App{Config: apps.Config{Limits: apps.DefaultLimits}}
	err := yamlfields.Fields{
		"id":                  yamlfields.Checked(&app.ID, apps.CheckID),
		"key":                 yamlfields.Checked(&app.Key, apps.CheckID),
		"secret":              yamlfields.Checked(&app.Secret, apps.CheckSecret),
		"secret-file":         yamlfields.Checked(&app.secretFile, notEmpty),
		"origins":             yamlfields.Texts(&app.Origins, checkOrigin),
		"client-events":       yamlfields.Bool(&app.ClientEvents),
		"subscription-counts": yamlfields.Bool(&app.SubscriptionCounts),
		"limits":              limitsInYAML(&app.Limits),
		"webhooks": yamlfields.List(func(item *yaml.Node) error {
			hook, file, err := hookInYAML(item)
			app.Webhooks, app.hooks = append(app.Webhooks, hook), append(app.hooks, file)
			return err
		}),
	}.Read(node)
	switch {
	case err != nil:
	case app.ID == "":
		err = yamlfields.At(node.Line, "id", errMissing)
	case app.Key == "":
		err = yamlfields.At(node.Line, "key", errMissing)
	case (app.Secret == "") == (app.secretFile == ""):
		err = yamlfields.At(node.Line, "secret", errOneSecret)
	}
	return app, err
}

var (
	errMissing   = errors.New("is missing")
	errOneSecret = errors.New("must be given, or else secret-file, but not both")
	errTwo       = errors.New("must be left out if secret-file is given")
)

// limitsInYAML returns a Reader of the mapping of limits.
func limitsInYAML(limits *apps.Limits) yamlfields.Reader {
	const most = 1_000_000_000
	payload := Bytes(limits.Payload)
	fields := yamlfields.Fields{
		"connections":    yamlfields.Int(&limits.Connections, 0, most),
		"channels":       yamlfields.Int(&limits.Channels, 1, 65536),
		"client-events":  yamlfields.Int(&limits.ClientEvents, 1, most),
		"event-channels": yamlfields.Int(&limits.EventChannels, 1, 10_000),
		"batch-events":   yamlfields.Int(&limits.BatchEvents, 1, 1000),
		"requests":       yamlfields.Int(&limits.Requests, 0, most),
		"payload": func(node *yaml.Node) error {
			err := yamlfields.Parsed(&payload)(node)
			if err == nil && !between(payload, 125, Bytes(units.GiB)) {
				err = errors.New("must be between 125B and 1GiB")
			}
			limits.Payload = int(payload)
			return err
		},
	}
	return fields.Read
}

// hookInYAML returns a webhook, and the file of its secret.
func hookInYAML(node *yaml.Node) (hook apps.Webhook, file string, err error) {
	err = yamlfields.Fields{
		"url":         yamlfields.Checked(&hook.URL, webhook.CheckURL),
		"events":      yamlfields.Texts(&hook.Events, checkHookEvent),
		"secret":      yamlfields.Checked(&hook.Secret, apps.CheckSecret),
		"secret-file": yamlfields.Checked(&file, notEmpty),
	}.Read(node)
	switch {
	case err != nil:
	case hook.URL == "":
		err = yamlfields.At(node.Line, "url", errMissing)
	case hook.Secret != "" && file != "":
		err = yamlfields.At(node.Line, "secret", errTwo)
	}
	return hook, file, err
}

func notEmpty(text string) error { return new(Nonempty).UnmarshalText([]byte(text)) }

func checkOrigin(text string) error {
	if !isOrigin(text) {
		return errors.New("must be * or like https://chat.example.org")
	}
	return nil
}

func checkHookEvent(name string) error {
	if !slices.Contains(webhook.ChannelEvents, name) {
		return errors.New("must be one of " + strings.Join(webhook.ChannelEvents, ", "))
	}
	return nil
}
