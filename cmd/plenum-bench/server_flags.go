package main

import (
	"cmp"
	"net"
	"net/url"

	"github.com/alecthomas/kong"

	"plenum/bench/speak"
)

// leaveToProtocol removes the defaults of --url, --hello, --publish and --name if --speak is not plenum. These
// are defaults for plenum. Another protocol has its own.
func leaveToProtocol(ctx *kong.Context) error {
	given := givenFlags(ctx)
	var unset []*kong.Flag
	other := false
	for _, flag := range ctx.Flags() {
		switch flag.Name {
		case "speak":
			other = ctx.FlagValue(flag) != speak.Plenum
		case "url", "hello", "publish", "name":
			if !given[flag.Name] {
				unset = append(unset, flag)
			}
		}
	}
	for _, flag := range unset {
		if other {
			flag.Target.SetZero()
		}
	}
	return nil
}

// nameServer names the server after the host and the port of its URL, because the default name is that of plenum. It does so
// only if the user has set a URL other than the default, and neither the name nor the protocol of the server.
func nameServer(ctx *kong.Context) error {
	given := givenFlags(ctx)
	if !given["url"] || given["name"] || given["speak"] {
		return nil
	}
	var name *kong.Flag
	address := ""
	for _, flag := range ctx.Flags() {
		switch flag.Name {
		case "url":
			if text, _ := ctx.FlagValue(flag).(string); text != flag.Default {
				address = addressOf(text)
			}
		case "name":
			name = flag
		case "speak":
			if ctx.FlagValue(flag) != speak.Plenum {
				return nil // the protocol names the server
			}
		}
	}
	if name != nil && address != "" {
		name.Target.SetString(address)
	}
	return nil
}

// addressOf returns the host and the port of a URL. It returns "" if there is no host, which the check of --url reports.
func addressOf(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	port := "80"
	if u.Scheme == "wss" {
		port = "443"
	}
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port))
}

// givenFlags returns the names of the flags that have a value from the command line, the environment or a file.
func givenFlags(ctx *kong.Context) map[string]bool {
	given := map[string]bool{}
	for _, part := range ctx.Path {
		if part.Flag != nil {
			given[part.Flag.Name] = true
		}
	}
	return given
}
