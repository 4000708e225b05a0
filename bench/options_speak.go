package bench

import (
	"cmp"
	"errors"
	"fmt"

	"plenum/bench/speak"
)

// dialect returns the protocol of the server, with what the user has set for it. checkSpeak has
// reported what is wrong with it.
func (o *Options) dialect() speak.Dialect {
	d := speak.Dialect{
		Name: cmp.Or(o.Speak, speak.Plenum), Hello: o.Hello,
		Ping: cmp.Or(o.Ping, o.Pong), Pong: cmp.Or(o.Pong, o.Ping), Secret: o.TokenSecret,
	}
	if d.Name == speak.Pusher {
		app, _ := speak.ParseApp(o.App)
		d.App = &app
	}
	return d
}

// checkSpeak returns an error if an option does not go with the protocol.
func (o *Options) checkSpeak() error {
	d := o.dialect()
	out := "left out with --speak=" + d.Name
	templates := d.Name == speak.Plenum || d.Name == speak.SocketIO
	own := d.Name != speak.Plenum && d.Name != speak.Raw
	if d.Name == speak.Pusher {
		if _, err := speak.ParseApp(o.App); err != nil {
			return err
		}
	}
	switch {
	case o.App != "" && d.Name != speak.Pusher:
		return fmt.Errorf("--app: must be %s", out)
	case o.TokenSecret != "" && d.Name != speak.Centrifugo:
		return fmt.Errorf("--token-secret: must be %s", out)
	case o.URL == "" && d.Name == speak.Raw:
		return errors.New("--url: must be set with --speak=raw, which has no default")
	}
	return broken(
		rule{"hello", len(o.Hello) == 0 || templates, out, o.Hello},
		rule{"publish", o.Publish == "" || d.Name != speak.Raw, out, o.Publish},
		rule{"ping", o.Ping == "" || !own, out, o.Ping},
		rule{"pong", o.Pong == "" || !own, out, o.Pong},
	)
}
