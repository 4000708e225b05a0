package settings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"

	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/yamlfields"
)

// App is an app as the settings give it. Its secret may be in a file.
type App struct {
	apps.Config
	secretFile string
	hooks      []string // per webhook, the file of its secret; empty: no file
}

// Apps are the apps that may use the Pusher Channels protocol. String and GoString show only their ids.
type Apps []App

// Decode adds the apps of a flag or a variable to a. The apps of the file replace a. The errors of kong itself would show the
// secrets.
func (a *Apps) Decode(ctx *kong.DecodeContext) error {
	token := ctx.Scan.Pop()
	if given, ok := token.Value.(Apps); ok { // of the file
		*a = given
		return nil
	}
	text, ok := token.Value.(string)
	if !ok || token.IsEOL() {
		return valueMissing(ctx)
	}
	given, err := parseApps(text)
	if err != nil {
		return err
	}
	*a = append(*a, given...)
	return a.differ()
}

// parseApps parses a list of ID:KEY:SECRET, separated by commas, or a YAML list of mappings. JSON is YAML, too.
func parseApps(text string) (Apps, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, nil
	case strings.HasPrefix(text, "["):
		return parseYAMLApps(text)
	}
	var all Apps
	for one := range strings.SplitSeq(text, ",") {
		app, err := parseApp(one)
		if err != nil {
			return nil, err
		}
		all = append(all, app)
	}
	return all, nil
}

// parseApp parses ID:KEY:SECRET.
func parseApp(text string) (App, error) {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) != 3 {
		return App{}, errors.New("must be ID:KEY:SECRET")
	}
	app := App{Config: apps.Config{ID: parts[0], Key: parts[1], Secret: parts[2], Limits: apps.DefaultLimits}}
	if err := apps.CheckID(app.ID); err != nil {
		return App{}, fmt.Errorf("the id %w", err)
	}
	if err := apps.CheckID(app.Key); err != nil {
		return App{}, fmt.Errorf("app %s: the key %w", app.ID, err)
	}
	if err := apps.CheckSecret(app.Secret); err != nil {
		return App{}, fmt.Errorf("app %s: the secret %w", app.ID, err)
	}
	return app, nil
}

// parseYAMLApps parses a YAML list of mappings in a flag or a variable.
func parseYAMLApps(text string) (Apps, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return nil, errors.New("must be ID:KEY:SECRET, or a list of mappings in YAML or JSON") // the error of YAML shows the text
	}
	given, err := appsInYAML(doc.Content[0])
	var at *yamlfields.Error
	if errors.As(err, &at) {
		return nil, fmt.Errorf("line %d: %w", at.Line, err)
	}
	return given.(Apps), err
}

// differ returns an error if two apps have the same id or key.
func (a Apps) differ() error {
	ids, keys := map[string]bool{}, map[string]bool{}
	for _, app := range a {
		switch {
		case ids[app.ID]:
			return fmt.Errorf("two apps have the id %s", app.ID)
		case keys[app.Key]:
			return fmt.Errorf("app %s: another app has the same key", app.ID)
		}
		ids[app.ID], keys[app.Key] = true, true
	}
	if len(a) > apps.MaxApps {
		return fmt.Errorf("must be at most %d apps", apps.MaxApps)
	}
	return nil
}

// String returns the ids, separated by commas.
func (a Apps) String() string {
	var ids []string
	for _, app := range a {
		ids = append(ids, app.ID)
	}
	return strings.Join(ids, ",")
}

// GoString returns String, so that %#v does not show the secrets.
func (a Apps) GoString() string { return a.String() }

// Configs returns the settings of all apps. Each call reads the files of the secrets again.
func (a Apps) Configs() ([]apps.Config, error) {
	all := make([]apps.Config, 0, len(a))
	for _, app := range a {
		c, err := app.withSecrets()
		if err != nil {
			return nil, fmt.Errorf("--apps: app %s: %w", app.ID, err)
		}
		all = append(all, c)
	}
	return all, nil
}

// withSecrets returns the settings with the secrets of the files.
func (a App) withSecrets() (c apps.Config, err error) {
	c = a.Config
	if a.secretFile != "" {
		if c.Secret, err = fileSecret(a.secretFile, apps.CheckSecret); err != nil {
			return c, fmt.Errorf("secret-file: %w", err)
		}
	}
	c.Webhooks = append([]apps.Webhook(nil), c.Webhooks...)
	for i, file := range a.hooks {
		if file == "" {
			continue
		}
		if c.Webhooks[i].Secret, err = fileSecret(file, apps.CheckSecret); err != nil {
			return c, fmt.Errorf("secret-file of a webhook: %w", err)
		}
	}
	return c, nil
}
