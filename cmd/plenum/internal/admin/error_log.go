package admin

import (
	"log"
	"log/slog"
	"strings"
)

// ErrorLog returns the ErrorLog of the admin listener's http.Server.
func (a *Admin) ErrorLog() *log.Logger { return log.New(httpLog{a.cfg.Logger}, "", 0) }

// httpLog logs each line of net/http as a warning.
type httpLog struct{ to *slog.Logger }

func (l httpLog) Write(line []byte) (int, error) {
	l.to.Warn("admin: request failed", "error", strings.TrimSpace(string(line)))
	return len(line), nil
}
