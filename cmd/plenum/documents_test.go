package main

import (
	"io/fs"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	documentLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headingLine  = regexp.MustCompile(`(?m)^#{1,6} +(.+)$`)
	fencedBlock  = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	anchorDrops  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	linkInText   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// markdownFiles returns the text of each Markdown file of the repository, without fenced blocks, by its path.
func markdownFiles(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, fs.WalkDir(os.DirFS("../.."), ".", func(name string, found fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case found.IsDir() && (found.Name() == "node_modules" || found.Name() == ".git" || found.Name() == "testdata" || name == "bin"):
			return fs.SkipDir
		case path.Ext(name) == ".md":
			all[name] = fencedBlock.ReplaceAllString(source(t, name), "")
		}
		return nil
	}))
	return all
}

// anchors returns the fragments that the headings of a document have on a forge's page.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, heading := range headingLine.FindAllStringSubmatch(text, -1) {
		plain := linkInText.ReplaceAllString(heading[1], "$1")
		all[strings.ReplaceAll(anchorDrops.ReplaceAllString(strings.ToLower(plain), ""), " ", "-")] = true
	}
	return all
}

func TestEveryLinkBetweenDocumentsLeadsSomewhere(t *testing.T) {
	plainOnly(t, "no server runs here")
	t.Parallel()
	all := markdownFiles(t)
	require.NotEmpty(t, all)
	for name, text := range all {
		for _, link := range documentLink.FindAllStringSubmatch(text, -1) {
			target, err := url.Parse(link[1])
			require.NoError(t, err, "%s: %s", name, link[1])
			if target.IsAbs() {
				continue
			}
			to := name
			if target.Path != "" {
				to = path.Join(path.Dir(name), target.Path)
				_, err := os.Stat(path.Join("../..", to))
				assert.NoError(t, err, "%s: %s", name, link[1])
			}
			if target.Fragment != "" && path.Ext(to) == ".md" {
				assert.True(t, anchors(all[to])[target.Fragment], "%s: %s has no heading for it", name, link[1])
			}
		}
	}
}

func TestTheREADMEHasAtMost150Lines(t *testing.T) {
	plainOnly(t, "no server runs here")
	t.Parallel()
	assert.LessOrEqual(t, strings.Count(source(t, "README.md"), "\n"), 150)
}
