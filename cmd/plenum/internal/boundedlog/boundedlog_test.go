package boundedlog_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/cmd/plenum/internal/boundedlog"
)

func TestAClientsTextIsShownBoundedAndPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"https://a.example":            "https://a.example",
		"a\u202e\u0085\"level=ERROR\n": `a\u202e\u0085\"level=ERROR\n`,
		"\xff":                         `\xff`,
		strings.Repeat("x", 301):       strings.Repeat("x", 300) + "...",
	} {
		assert.Equal(t, want, boundedlog.Shown(text))
	}
}
