package pagetest

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

const browserTimeout = time.Minute

var chromiumNames = []string{"chromium", "chromium-browser", "google-chrome"}

// A browser is one Chromium process with a fresh profile, ended with the test.
type browser struct {
	ctx context.Context // of the first tab, the parent of all others

	mu         sync.Mutex
	complaints []string
}

func start(t *testing.T) *browser {
	t.Helper()
	path := findChromium()
	if path == "" {
		t.Skipf("no browser: none of %v is on PATH", chromiumNames)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // tests run as root in containers
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "en-US"),
		chromedp.WindowSize(1280, 800),
	)
	ctx, cancel := context.WithTimeout(t.Context(), browserTimeout)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx), "start %s", path)
	return &browser{ctx: ctx}
}

func findChromium() string {
	for _, name := range chromiumNames {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// open makes a tab that shares no storage with the others.
func (b *browser) open(t *testing.T, url string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	// The first use of ctx ties the tab to it, so it is one without a step's timeout.
	require.NoError(t, chromedp.Listen(ctx, b.listen))
	opened := &tab{t: t, ctx: ctx}
	opened.visit(url)
	return opened
}

// listen keeps what a page must never cause: an uncaught exception or a
// violation of its own policy.
func (b *browser) listen(event any) {
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

func (b *browser) requireQuiet(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(t, b.complaints)
}
