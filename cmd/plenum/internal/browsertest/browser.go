// Package browsertest controls headless Chromium for tests of the program's pages. It is for tests only.
package browsertest

import (
	"context"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var chromiumNames = []string{"chromium", "chromium-browser", "google-chrome"}

// Browser is the tabs of a test in the Chromium process that the tests of a test binary share.
type Browser struct {
	ctx context.Context // of the process, with the timeout

	mu         sync.Mutex
	complaints []string
}

// slots limits the number of simultaneous Browsers, because each needs a processor of its own.
var slots = make(chan struct{}, 2)

// Start returns a Browser, whose tabs are closed when t ends, and after timeout at the latest. It first waits until fewer
// than two others are in use. It skips t if Chromium is not installed. TestMain must run a Suite.
func Start(t *testing.T, timeout time.Duration) *Browser {
	t.Helper()
	path := findChromium()
	if path == "" {
		t.Skipf("no browser: none of %v is on PATH", chromiumNames)
	}
	slots <- struct{}{}
	t.Cleanup(func() { <-slots })
	ctx, cancel := context.WithTimeout(processContext(t, path), timeout)
	t.Cleanup(cancel)
	return &Browser{ctx: ctx}
}

func findChromium() string {
	for _, name := range chromiumNames {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Open opens a tab that shares no storage with the others.
func (b *Browser) Open(t *testing.T, url string) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	// The first use of ctx binds the tab to it, so this ctx must not have the timeout of a step.
	require.NoError(t, chromedp.Listen(ctx, b.listen))
	opened := &Tab{T: t, Ctx: ctx}
	opened.Visit(url)
	return opened
}

// listen records uncaught exceptions and violations of a page's Content-Security-Policy.
func (b *Browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, (&chromedp.ExceptionError{ExceptionDetails: event.ExceptionDetails}).Error())
	case *log.EventEntryAdded:
		if event.Entry.Source == log.EntrySourceSecurity {
			b.complaints = append(b.complaints, event.Entry.Text)
		}
	}
}

// RequireQuiet fails t if a page has caused an uncaught exception or a violation of its Content-Security-Policy.
func (b *Browser) RequireQuiet(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(t, b.complaints)
}
