package main

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The load generator has modules of its own, which who only runs the server need not fetch.
func TestMakeRunBuildsOnlyTheServer(t *testing.T) {
	plainOnly(t, "no server runs here")
	t.Parallel()
	for target, builds := range map[string]string{"run": "./cmd/plenum && exec bin/plenum serve", "build": "./cmd/..."} {
		commands, err := exec.Command("make", "--no-print-directory", "--dry-run", "-C", "../..", target).Output()
		require.NoError(t, err)
		assert.Regexp(t, `^go build \S.* -o bin/ `+builds+`\n$`, string(commands), target)
	}
}
