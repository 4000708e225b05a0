package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/engine"
)

// section returns the part of codec/PROTOCOL.md under a heading, up to the next heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, text, found := strings.Cut(source(t, "codec/PROTOCOL.md"), "\n"+heading+"\n")
	require.True(t, found, heading)
	text, _, _ = strings.Cut(text, "\n#")
	return text
}

func TestProtocolListsEveryCloseCodeWithItsReason(t *testing.T) {
	table := section(t, "## Close codes")
	lists := func(code int, reason string) {
		t.Helper()
		assert.Regexp(t, fmt.Sprintf("(?m)^\\| %d \\| [^|]*`%s`", code, regexp.QuoteMeta(reason)), table)
	}
	for why, r := range engine.Refusals {
		if r.Code != 0 && engine.Refusal(why) != engine.BadExtension { // the server's only extension is deflate
			lists(r.Code, r.Text)
		}
	}
	for _, r := range access.Refusals {
		if r.Refusal != access.ForeignHost { // it has a status alone
			lists(1008, string(r.Refusal))
		}
	}
}

func TestProtocolListsEveryStatusBeforeTheUpgrade(t *testing.T) {
	table := section(t, "## HTTP status before the upgrade")
	for _, r := range engine.Refusals {
		if r.Status != 0 {
			assert.Contains(t, table, fmt.Sprintf("\n| %d ", r.Status))
		}
	}
}

// errorCodes finds the codes with which the commands of /ws are refused.
var errorCodes = regexp.MustCompile(`refuse\([^"\n]*, "(\w+)"`)

func TestProtocolListsEveryErrorCodeOfACommand(t *testing.T) {
	table := section(t, "### Error codes")
	codes := []string{answer.CodeBus, answer.CodeUnknown, answer.CodeTooLarge}
	for _, file := range []string{"mux.go", "mux_join.go", "mux_leave.go", "mux_refresh.go", "mux_room.go"} {
		found := errorCodes.FindAllStringSubmatch(source(t, "cmd/plenum/internal/routes/"+file), -1)
		require.NotEmpty(t, found, file)
		for _, match := range found {
			codes = append(codes, match[1])
		}
	}
	for _, code := range codes {
		assert.Contains(t, table, "\n| `"+code+"` |")
	}
}

func TestProtocolListsEveryRequestOfTheAPI(t *testing.T) {
	table := section(t, "## The HTTP API")
	var described struct {
		Paths map[string]map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal([]byte(source(t, "cmd/plenum/internal/api/openapi.json")), &described))
	require.NotEmpty(t, described.Paths)
	for path, methods := range described.Paths {
		for method := range methods {
			if method != "parameters" {
				assert.Regexp(t, "(?m)^\\| `"+strings.ToUpper(method)+" "+regexp.QuoteMeta(path)+"[?`]", table)
			}
		}
	}
}
