package client

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// goFence and shellFence find the example program of README.md, and the commands with which another module
// imports the package.
var (
	goFence    = regexp.MustCompile("(?s)```go\n(package main\n.*?)```")
	shellFence = regexp.MustCompile("(?s)```sh\n(go mod edit -replace=.*?)```")
)

func TestAnotherModuleImportsTheClientAsDocumented(t *testing.T) {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	program, commands := goFence.FindSubmatch(readme), shellFence.FindSubmatch(readme)
	require.NotNil(t, program)
	require.NotNil(t, commands)
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "main.go"), program[1], 0o600))
	script := strings.Replace(string(commands[1]), "=../plenum ", "="+root+" ", 1)
	for _, line := range []string{"go mod init example.org/other", script, "go build -o other ."} {
		command := exec.Command("sh", "-euc", line)
		command.Dir = folder
		command.Env = append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "GOFLAGS=-buildvcs=false", "GOWORK=off")
		output, err := command.CombinedOutput()
		require.NoError(t, err, "%s\n%s", line, output)
	}
	require.FileExists(t, filepath.Join(folder, "other"))
}
