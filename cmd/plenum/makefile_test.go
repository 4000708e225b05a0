package main

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The load generator needs further modules, which must not be downloaded to run only the server.
func TestMakeRunBuildsOnlyTheServer(t *testing.T) {
	plainOnly(t, "the test starts no server")
	t.Parallel()
	for target, builds := range map[string]string{"run": "./cmd/plenum && exec bin/plenum serve", "build": "./cmd/..."} {
		commands, err := exec.Command("make", "--no-print-directory", "--dry-run", "-C", "../..", target).Output()
		require.NoError(t, err)
		assert.Regexp(t, `^go build \S.* -o bin/ `+builds+`\n$`, string(commands), target)
	}
}

func TestMakeHelpListsEveryTarget(t *testing.T) {
	plainOnly(t, "the test starts no server")
	t.Parallel()
	help, err := exec.Command("make", "--no-print-directory", "-C", "../..", "help").Output()
	require.NoError(t, err)
	phony := regexp.MustCompile(`(?m)^\.PHONY:(.*)$`).FindStringSubmatch(source(t, "Makefile"))
	require.NotNil(t, phony)
	for _, target := range strings.Fields(phony[1]) {
		if target != "help" {
			assert.Regexp(t, `(?m)^  `+target+` +\S`, string(help))
		}
	}
}
