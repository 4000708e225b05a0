package engine_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheServerOfTheREADMEWorks(t *testing.T) {
	plainOnly(t, "it needs no TLS")
	t.Parallel()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(text), "```go\n")
	source, _, ok := strings.Cut(rest, "```\n")
	require.True(t, ok)
	require.Contains(t, source, "127.0.0.1:8080")
	dir := t.TempDir()
	file, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "server")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(source, ":8080", ":0", 1)), 0o600))
	formatted, err := exec.Command("gofmt", "-l", file).CombinedOutput()
	require.NoError(t, err, "%s", formatted)
	assert.Empty(t, string(formatted), "gofmt would change it")
	output, err := exec.Command("go", "build", "-o", program, file).CombinedOutput()
	require.NoError(t, err, "%s", output)

	server := exec.Command(program)
	stderr, err := server.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() { _ = server.Process.Kill() })
	log := bufio.NewReader(stderr)
	line, err := log.ReadString('\n')
	require.NoError(t, err)
	_, address, ok := strings.Cut(strings.TrimSpace(line), "listening on ")
	require.True(t, ok, line)

	c, _, err := websocket.Dial(t.Context(), "ws://"+address+"/echo", nil)
	require.NoError(t, err)
	require.NoError(t, c.Write(t.Context(), websocket.MessageText, []byte("hello")))
	_, answer, err := c.Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "hello", string(answer))
	require.NoError(t, server.Process.Signal(os.Interrupt))
	_, _, err = c.Read(t.Context())
	assert.Equal(t, websocket.StatusGoingAway, websocket.CloseStatus(err))
	assert.NoError(t, server.Wait(), "an interrupt stops the server with status 0")
}
