package accept

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAPanicThatNetHTTPReportsIsAnErrorAndOtherLinesAreDebug(t *testing.T) {
	var out bytes.Buffer
	log := httpLog{slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for line, want := range map[string]string{
		"http: panic serving 127.0.0.1:1: oops\ngoroutine 1 [running]:\nmain.f()\n": `level=ERROR msg="` + panicked + `" panic="http: panic serving 127.0.0.1:1: oops" stack="goroutine 1 [running]:\nmain.f()"`,
		"http: TLS handshake error from 127.0.0.1:1: EOF\n":                         `level=DEBUG msg="request failed" error="http: TLS handshake error from 127.0.0.1:1: EOF"`,
	} {
		out.Reset()
		n, err := log.Write([]byte(line))
		require.NoError(t, err)
		assert.Equal(t, len(line), n)
		assert.Contains(t, out.String(), want)
	}
}
