package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/webhook"
)

// HookURL is the URL of a webhook. Only its scheme and its host are printed, because the rest may be a secret.
type HookURL string

// Decode parses the value for kong. The errors of kong itself would show the URL.
func (u *HookURL) Decode(ctx *kong.DecodeContext) error {
	var text string
	if ctx.Scan.PopValueInto("url", &text) != nil {
		return valueMissing(ctx)
	}
	*u = HookURL(text)
	return nil
}

// String returns the scheme and the host.
func (u HookURL) String() string {
	if u == "" {
		return ""
	}
	return webhook.Origin(string(u))
}

// GoString returns String, so that %#v does not show the URL.
func (u HookURL) GoString() string { return u.String() }

func (s *Serve) webhookRules() []rule {
	hasSecret := s.WebhookSecret != "" || s.WebhookSecretFile != ""
	on := s.WebhookURL != ""
	rules := []rule{
		{"webhook-url", !on || webhook.CheckURL(string(s.WebhookURL)) == nil, "a URL like https://shop.example/webhooks", s.WebhookURL.String()},
		{"webhook-secret", !on || hasSecret, "given with --webhook-url, or else --webhook-secret-file", s.WebhookSecret.String()},
		{"webhook-secret", on || !hasSecret, "left out without --webhook-url", s.WebhookSecret.String()},
		{"webhook-secret-file", s.WebhookSecret == "" || s.WebhookSecretFile == "", "left out if --webhook-secret is given", string(s.WebhookSecretFile)},
		{"webhook-events", on || len(s.WebhookEvents) == 0, "left out without --webhook-url", strings.Join(s.WebhookEvents, ",")},
	}
	if s.WebhookSecret != "" {
		rules = append(rules, rule{"webhook-secret", apps.CheckSecret(string(s.WebhookSecret)) == nil, "8 bytes or more", len(s.WebhookSecret)})
	}
	for _, name := range s.WebhookEvents {
		rules = append(rules, rule{"webhook-events", slices.Contains(webhook.RoomEvents, name), "some of " + strings.Join(webhook.RoomEvents, ", "), name})
	}
	return rules
}

// Webhook returns the webhook of the native rooms; nil if there is none. Each call reads the file of the secret again.
func (s *Serve) Webhook() (*webhook.Hook, error) {
	if s.WebhookURL == "" {
		return nil, nil
	}
	hook := webhook.Hook{URL: string(s.WebhookURL), Secret: string(s.WebhookSecret), Events: s.WebhookEvents}
	if s.WebhookSecretFile != "" {
		var err error
		if hook.Secret, err = fileSecret(string(s.WebhookSecretFile), apps.CheckSecret); err != nil {
			return nil, fmt.Errorf("--webhook-secret-file: %w", err)
		}
	}
	if len(hook.Events) == 0 {
		hook.Events = webhook.RoomEvents
	}
	return &hook, nil
}
