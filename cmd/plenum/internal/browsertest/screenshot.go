package browsertest

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// Pictures returns the directory for pictures of the pages; empty if none are wanted.
func Pictures() string { return os.Getenv("PLENUM_SCREENSHOTS") }

// Screen sets the size of the page and the colour scheme, light or dark. It disables animations.
func (b *Tab) Screen(width, height int64, scheme string) {
	b.T.Helper()
	b.Do(chromedp.EmulateViewport(width, height, chromedp.EmulateScale(2)))
	_, err := chromedp.Call(b.Ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	require.NoError(b.T, err)
	b.Until(fmt.Sprintf(`innerWidth === %d && matchMedia("(prefers-color-scheme: %s)").matches`, width, scheme))
}

// Save writes a picture of the page to a file in dir.
func (b *Tab) Save(dir, name string) {
	b.T.Helper()
	require.NoError(b.T, os.MkdirAll(dir, 0o755))
	picture, err := chromedp.Run(b.Ctx, chromedp.CaptureScreenshot())
	require.NoError(b.T, err)
	require.NoError(b.T, os.WriteFile(filepath.Join(dir, name), picture, 0o644))
}
