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

// Process is a Node that evaluates what a test gives it, until the test ends. window is its
// global object, so that tests for browsers run in it.
type Process struct {
	t      *testing.T
	in     io.Writer
	out    *bufio.Reader
	stderr *bytes.Buffer
}

// Start starts one. It skips t if there is neither Node nor npm.
func Start(t *testing.T) *Process {
	t.Helper()
	path := filepath.Join(t.TempDir(), "evaluate.mjs")
	require.NoError(t, os.WriteFile(path, program, 0o600))
	cmd := exec.Command(Binary(t), path)
	cmd.Env = append(os.Environ(), "NODE_TLS_REJECT_UNAUTHORIZED=0") // servers under test sign for themselves
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
		_ = cmd.Wait() // it was killed
	})
	return p
}

// Value sets into to the value of an expression in JavaScript, which may be a promise's.
func (p *Process) Value(into any, expression string) {
	p.t.Helper()
	line, err := json.Marshal(expression)
	require.NoError(p.t, err)
	_, err = p.in.Write(append(line, '\n'))
	require.NoError(p.t, err, "Node has ended")
	said, err := p.out.ReadBytes('\n')
	if err != nil {
		require.FailNow(p.t, "Node has ended", "evaluating %s\n%s", expression, p.stderr)
	}
	var answer struct {
		Value json.RawMessage
		Error string
	}
	require.NoError(p.t, json.Unmarshal(said, &answer))
	require.Empty(p.t, answer.Error, "evaluating %s", expression)
	if answer.Value != nil {
		require.NoError(p.t, json.Unmarshal(answer.Value, into))
	}
}

// Until waits for a condition in JavaScript.
func (p *Process) Until(condition string) {
	p.t.Helper()
	var met bool
	p.Value(&met, `new Promise((met) => {
		const look = () => (`+condition+`) ? met(true) : setTimeout(look, 20);
		look();
	})`)
}
