package accept

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
)

// httpLog takes net/http's lines. A panic is a fault of ours. The other lines are faults of
// clients, and logged at debug level.
type httpLog struct{ to *slog.Logger }

func (l httpLog) Write(line []byte) (int, error) {
	level := slog.LevelDebug
	if bytes.HasPrefix(line, []byte("http: panic")) {
		level = slog.LevelError
	}
	l.to.Log(context.Background(), level, strings.TrimSpace(string(line)))
	return len(line), nil
}
