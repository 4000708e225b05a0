package accept

import (
	"bytes"
	"log/slog"
	"strings"
)

// panicked is the log message of a handler's panic. engine.Conn logs the same text.
const panicked = "handler panicked, its connection is closed: report this bug with the stack"

// httpLog takes the lines that net/http logs. A panic of a handler is logged as an error. All other
// lines report errors of clients and are logged at debug level.
type httpLog struct{ to *slog.Logger }

func (l httpLog) Write(line []byte) (int, error) {
	if bytes.HasPrefix(line, []byte("http: panic")) {
		what, stack, _ := strings.Cut(strings.TrimSpace(string(line)), "\n")
		l.to.Error(panicked, "panic", what, "stack", stack)
		return len(line), nil
	}
	l.to.Debug("request failed", "error", strings.TrimSpace(string(line)))
	return len(line), nil
}
