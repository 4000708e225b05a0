package admin

import (
	"log"
	"log/slog"
	"strings"
)

// ErrorLog returns the ErrorLog of the admin listener's http.Server.
func (a *Admin) ErrorLog() *log.Logger { return log.New(httpLog{a.cfg.Logger}, "", 0) }

// httpLog takes the lines that net/http logs.
type httpLog struct{ to *slog.Logger }

func (l httpLog) Write(line []byte) (int, error) {
	l.to.Warn("admin: request failed", "error", strings.TrimSpace(string(line)))
	return len(line), nil
}
