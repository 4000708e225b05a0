package main

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"os"
	"time"

	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/settings"
	"plenum/engine"
)

// reloaded holds the settings that SIGHUP can change and that this package uses. The guard, the apps, the webhooks, the engine
// and the level of the log hold the others.
type reloaded struct {
	drainDelay  time.Duration
	drainWindow time.Duration
	certificate *tls.Certificate // nil: no TLS
	newApps     bool             // the last reload changed an app
}

// reloader reads the settings again with parse at each signal.
type reloader struct {
	signal <-chan os.Signal
	parse  func() (settings.Command, error)
}

// apply puts the reloadable settings of cfg into effect. It changes nothing and returns an error if the keys, the certificate or a
// secret cannot be read. It does the same if cfg turns sign-in or TLS on or off after the first call.
func (s *server) apply(cfg settings.Serve) error {
	verifier, err := cfg.Verifier()
	if err != nil {
		return err
	}
	keys, err := cfg.APIKeys()
	if err != nil {
		return err
	}
	certificate, err := cfg.Certificate()
	if err != nil {
		return err
	}
	configs, err := cfg.Apps.Configs()
	if err != nil {
		return err
	}
	hooks, err := hooks(cfg, configs)
	if err != nil {
		return err
	}
	switch before := s.reloaded.Load(); {
	case before == nil:
	case (verifier != nil) != s.guard.NeedsToken():
		return errors.New("turning sign-in on or off needs a restart")
	case (certificate == nil) != (before.certificate == nil):
		return errors.New("turning TLS on or off needs a restart")
	}
	s.guard.Apply(cfg.Origins, cfg.Hosts, verifier, keys)
	removed, newApps := s.apps.Apply(configs)
	s.webhooks.SetHooks(hooks)
	if len(removed) > 0 {
		s.channels.CloseRemoved()
	}
	s.reloaded.Store(&reloaded{drainDelay: cfg.DrainDelay, drainWindow: cfg.DrainWindow, certificate: certificate, newApps: newApps})
	if certificate != nil && time.Now().After(certificate.Leaf.NotAfter) {
		s.log.Warn("tls: certificate expired, clients refuse to connect: renew it and send SIGHUP", "expired", certificate.Leaf.NotAfter)
	}
	s.warnOfKeys(cfg, verifier)
	s.level.Set(levelOf(cfg))
	return s.engine.SetLimits(engine.Limits{
		AcceptRate: cfg.AcceptRate, RateMessages: cfg.RateMessages, RateBytes: int(cfg.RateBytes), DrainWindow: cfg.DrainWindow,
	})
}

// warnOfKeys logs the unusable keys of --jwt-jwks. verifier may be nil.
func (s *server) warnOfKeys(cfg settings.Serve, verifier *auth.Verifier) {
	if verifier == nil {
		return
	}
	for _, why := range verifier.Skipped() {
		s.log.Warn("sign-in: key of --jwt-jwks skipped, its tokens are refused: correct the file and send SIGHUP", "file", cfg.JWTJWKS, "error", why)
	}
}

// reload reads the settings again and applies them. It logs the names of the changed settings that are in effect
// now, and the names of the changed settings that need a restart.
func (s *server) reload() {
	before := s.reloaded.Load().certificate
	next, err := s.reloader.parse()
	if err == nil {
		err = s.apply(next.Serve)
	}
	if err != nil {
		s.log.Error("settings: reload failed, nothing changed: correct the setting and send SIGHUP again", "error", err)
		return
	}
	changed, restart := []string{}, []string{}
	if now := s.reloaded.Load().certificate; now != nil && !now.Leaf.Equal(before.Leaf) {
		changed = append(changed, "certificate")
	}
	for i, now := range next.Settings {
		switch {
		case !s.isChanged(now, s.effective[i]):
		case now.Reloadable:
			changed = append(changed, now.Name)
			s.effective[i] = now
		default:
			restart = append(restart, now.Name)
		}
	}
	if len(restart) > 0 {
		s.log.Warn("settings: reloaded, restart to apply the others", "changed", changed, "need_restart", restart)
		return
	}
	s.log.Info("settings: reloaded, changes are in effect", "changed", changed)
}

// isChanged reports whether the last reload has changed a setting. The secrets of apps may be in files that the setting only
// names, so for the apps it returns the result of Registry.Apply.
func (s *server) isChanged(now, before settings.Setting) bool {
	if now.Name == "apps" {
		return s.reloaded.Load().newApps
	}
	return !now.Same(before)
}

func levelOf(cfg settings.Serve) slog.Level {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // package settings has checked it
	return level
}
