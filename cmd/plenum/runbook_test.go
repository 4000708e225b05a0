package main

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/admin"
	"plenum/engine"
)

// A text search of the runbook must find every reason, so that an operator who sees one finds its cause.
func TestTheRunbookHasEveryReasonOfARefusal(t *testing.T) {
	plainOnly(t, "the test starts no server")
	runbook := operatingSection(t, "Runbook")
	has := func(reason string) {
		t.Helper()
		assert.True(t, strings.Contains(runbook, "`"+reason+"`") || strings.Contains(runbook, `reason="`+reason+`"`), reason)
	}
	for _, r := range engine.Refusals {
		has(r.Label)
	}
	for _, r := range access.Refusals {
		has(r.Refusal.Label())
	}
}

func TestTheRunbookHasEveryCloseCodeAndCloseReason(t *testing.T) {
	plainOnly(t, "the test starts no server")
	runbook := operatingSection(t, "Runbook")
	codes := closeCodes(t)
	require.Greater(t, len(codes), 10)
	for name, code := range codes {
		assert.True(t, regexp.MustCompile(`\b`+code+`\b`).MatchString(runbook), "%s: %s", name, code)
	}
	for _, r := range engine.Refusals {
		assert.True(t, strings.Contains(runbook, r.Text), r.Text)
	}
	for _, r := range access.Refusals {
		if r.Refusal != access.ForeignHost { // no connection is closed for it
			assert.True(t, strings.Contains(runbook, "`"+string(r.Refusal)+"`"), string(r.Refusal))
		}
	}
}

// closeCodes returns the close codes of package frame by the names of their constants.
func closeCodes(t *testing.T) map[string]string {
	t.Helper()
	codes := map[string]string{}
	for name, value := range constantsOf(parseFolder(t, root+"/codec/frame")) {
		if number, ok := value.(*ast.BasicLit); ok && number.Kind == token.INT && len(number.Value) == 4 && strings.HasPrefix(name, "Close") {
			codes[name] = number.Value
		}
	}
	return codes
}

func TestTheRunbookHasEveryTextOfReadyz(t *testing.T) {
	plainOnly(t, "the test starts no server")
	runbook := operatingSection(t, "Runbook")
	for text := range admin.Readiness {
		assert.True(t, strings.Contains(runbook, "| `"+text+"`"), text)
	}
}
