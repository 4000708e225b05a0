// Package nodetest runs JavaScript in Node. It is for tests only.
package nodetest

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

//go:embed evaluate.mjs
var program []byte

// Process is a Node process that evaluates expressions until the test ends. Its global object is also called window,
// so that tests for browsers can run in it.
type Process struct {
	t      *testing.T
	in     io.Writer
	out    *bufio.Reader
	stderr *bytes.Buffer
}

// Start starts a Process. It skips t if Node is not installed and there is no npm.
func Start(t *testing.T) *Process {
	t.Helper()
	path := filepath.Join(t.TempDir(), "evaluate.mjs")
	require.NoError(t, os.WriteFile(path, program, 0o600))
	cmd := exec.Command(Binary(t), path)
	cmd.Env = append(os.Environ(), "NODE_TLS_REJECT_UNAUTHORIZED=0") // servers under test have self-signed certificates
	p := &Process{t: t, stderr: &bytes.Buffer{}}
	cmd.Stderr = p.stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p.in, p.out = in, bufio.NewReader(out)
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // reports that it was killed
	})
	return p
}

// Value sets into to the value of a JavaScript expression. It waits if the value is a promise.
func (p *Process) Value(into any, expression string) {
	p.t.Helper()
	line, err := json.Marshal(expression)
	require.NoError(p.t, err)
	_, err = p.in.Write(append(line, '\n'))
	require.NoError(p.t, err, "Node has ended")
	response, err := p.out.ReadBytes('\n')
	if err != nil {
		require.FailNow(p.t, "Node has ended", "evaluating %s\n%s", expression, p.stderr)
	}
	var answer struct {
		Value json.RawMessage
		Error string
	}
	require.NoError(p.t, json.Unmarshal(response, &answer))
	require.Empty(p.t, answer.Error, "evaluating %s", expression)
	if answer.Value != nil {
		require.NoError(p.t, json.Unmarshal(answer.Value, into))
	}
}

// Until waits until a JavaScript condition is true.
func (p *Process) Until(condition string) {
	p.t.Helper()
	var met bool
	p.Value(&met, `new Promise((met) => {
		const look = () => (`+condition+`) ? met(true) : setTimeout(look, 20);
		look();
	})`)
}
