package pagetest

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
	"plenum/cmd/plenum/internal/nodetest"
)

// Runtime is a browser tab or a Node process. In it, Plenum is the class of plenum.js. The variable options has the
// options with which a Plenum connects to the server of the module.
type Runtime interface {
	// Until waits for a condition in JavaScript.
	Until(condition string)
	// Value sets into to the value of an expression. It waits if the value is a promise.
	Value(into any, expression string)
}

// Evaluate returns the value of a JavaScript expression. It waits if the value is a promise.
func Evaluate[T any](r Runtime, expression string) (value T) {
	r.Value(&value, expression)
	return value
}

// Open opens a runtime. In a browser it opens page, which Module serves. In Node it imports module, with a clock
// that runs speed times as fast as the test's.
type Open func(t *testing.T, page, module string, speed int) Runtime

// InBrowserAndNode runs a test in a browser and in Node.
func InBrowserAndNode(t *testing.T, test func(t *testing.T, open Open)) {
	t.Helper()
	t.Run("browser", func(t *testing.T) { test(t, Browser) })
	t.Run("Node", func(t *testing.T) { test(t, Node) })
}

// Browser is an Open.
func Browser(t *testing.T, page, _ string, _ int) Runtime {
	t.Helper()
	browser := browsertest.Start(t, browserTimeout)
	tab := browser.Open(t, page)
	tab.Until(`window.Plenum`)
	t.Cleanup(func() { browser.RequireQuiet(t) })
	return tab
}

// Node is an Open. It saves the module in a file, because Node cannot import modules over HTTP.
func Node(t *testing.T, _, module string, speed int) Runtime {
	t.Helper()
	resp, err := http.Get(module)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "plenum.mjs")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	process := nodetest.Start(t)
	Evaluate[bool](process, fmt.Sprintf(`(async () => {
		{`+clock+`}
		window.options = { url: %q };
		window.Plenum = (await import(%q)).Plenum;
		return true;
	})()`, speed, strings.TrimSuffix(module, "plenum.js")+"ws", path))
	return process
}
