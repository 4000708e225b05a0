package main

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	documentLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading      = regexp.MustCompile(`(?m)^#+ (.*)$`)
	fenced       = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	unslugged    = regexp.MustCompile(`[^\w\- ]`)
)

// document returns the text of a Markdown file without its fenced blocks. The path is relative to the repository.
func document(t *testing.T, path string) string {
	t.Helper()
	return fenced.ReplaceAllString(source(t, path), "")
}

// documentPaths returns the paths of all Markdown files of the repository.
func documentPaths(t *testing.T) (all []string) {
	t.Helper()
	require.NoError(t, fs.WalkDir(os.DirFS(root), ".", func(name string, found fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case found.IsDir() && slices.Contains([]string{".git", "bin", "node_modules", "testdata"}, found.Name()):
			return fs.SkipDir
		case path.Ext(name) == ".md":
			all = append(all, name)
		}
		return nil
	}))
	return all
}

// anchors returns the anchors of a document's headings, as GitHub makes them. It fails if two are the same.
func anchors(t *testing.T, path string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, found := range heading.FindAllStringSubmatch(document(t, path), -1) {
		slug := strings.ReplaceAll(unslugged.ReplaceAllString(strings.ToLower(found[1]), ""), " ", "-")
		assert.False(t, all[slug], "%s: two headings #%s", path, slug)
		all[slug] = true
	}
	return all
}

func TestEveryLinkBetweenDocumentsLeadsSomewhere(t *testing.T) {
	plainOnly(t, "no server runs here")
	t.Parallel()
	paths := documentPaths(t)
	require.NotEmpty(t, paths)
	for _, name := range paths {
		for _, link := range documentLink.FindAllStringSubmatch(document(t, name), -1) {
			file, anchor, _ := strings.Cut(link[1], "#")
			if strings.Contains(file, "://") {
				continue
			}
			target := name
			if file != "" {
				target = path.Join(path.Dir(name), file)
			}
			_, err := os.Stat(path.Join(root, target))
			if assert.NoError(t, err, "%s: %s", name, link[1]) && anchor != "" {
				assert.True(t, anchors(t, target)[anchor], "%s: %s has no heading for it", name, link[1])
			}
		}
	}
}

func TestTheREADMEHasAtMost150Lines(t *testing.T) {
	plainOnly(t, "no server runs here")
	t.Parallel()
	assert.LessOrEqual(t, strings.Count(source(t, "README.md"), "\n"), 150)
}
