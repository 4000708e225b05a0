package browsertest

import (
	"context"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// process is the Chromium process of the test binary, with a new profile. It starts when a test first needs it, because a start
// takes longer than most tests with it.
var process struct {
	mu   sync.Mutex
	ctx  context.Context // of its first tab, the parent of all others; nil if the process has not started
	ends []context.CancelFunc
}

// Suite runs the tests of a TestMain, and ends Chromium afterwards. Tests that use a Browser need it. It implements goleak's
// TestingM.
type Suite struct{ Tests *testing.M }

// Run runs the tests and returns the exit status.
func (s Suite) Run() int {
	defer endProcess()
	return s.Tests.Run()
}

// processContext returns the context of the process. It starts the process if necessary.
func processContext(t *testing.T, path string) context.Context {
	t.Helper()
	process.mu.Lock()
	defer process.mu.Unlock()
	if process.ctx == nil {
		ctx, end := chromedp.NewExecAllocator(context.Background(), options(path)...)
		process.ends = append(process.ends, end)
		ctx, end = chromedp.NewContext(ctx)
		process.ends = append(process.ends, end)
		require.NoError(t, chromedp.Do(ctx), "start %s", path)
		process.ctx = ctx
	}
	return process.ctx
}

func options(path string) []chromedp.ExecAllocatorOption {
	return append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // tests run as root in containers
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("ignore-certificate-errors", true), // servers under test have self-signed certificates
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "en-US"),
		chromedp.WindowSize(1280, 800),
	)
}

// endProcess ends the process and waits until it has ended.
func endProcess() {
	process.mu.Lock()
	defer process.mu.Unlock()
	for len(process.ends) > 0 {
		last := len(process.ends) - 1
		process.ends[last]()
		process.ends = process.ends[:last]
	}
}
