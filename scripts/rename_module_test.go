// Package scripts tests the scripts that no other package's tests run.
package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const newPath = "example.org/plenum"

// clone is a git work tree with the repository's files.
type clone struct {
	t      *testing.T
	folder string
}

// copyRepository copies the tracked files as they are in the work tree, with changes that are not committed.
func copyRepository(t *testing.T) clone {
	t.Helper()
	list, err := exec.Command("git", "-C", "..", "ls-files", "-z").Output()
	if err != nil {
		t.Skip("the tests are not run in a git work tree")
	}
	c := clone{t: t, folder: t.TempDir()}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		c.copyFile(name)
	}
	c.run("git", "init", "--quiet")
	c.commit()
	return c
}

func (c clone) commit() {
	c.t.Helper()
	c.run("git", "add", "--all")
	c.run("git", "-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false", "commit", "--quiet", "--no-verify", "--message", "test")
}

func (c clone) copyFile(name string) {
	c.t.Helper()
	from, to := filepath.Join("..", name), filepath.Join(c.folder, name)
	info, err := os.Lstat(from)
	if os.IsNotExist(err) {
		return // deleted, and not committed yet
	}
	require.NoError(c.t, err)
	require.True(c.t, info.Mode().IsRegular(), name)
	content, err := os.ReadFile(from)
	require.NoError(c.t, err)
	require.NoError(c.t, os.MkdirAll(filepath.Dir(to), 0o700))
	require.NoError(c.t, os.WriteFile(to, content, info.Mode().Perm()))
}

// command returns a command that runs in the copy. A go command does not use the network.
func (c clone) command(name string, args ...string) *exec.Cmd {
	command := exec.Command(name, args...)
	command.Dir = c.folder
	command.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-buildvcs=false -trimpath", "GOWORK=off")
	return command
}

func (c clone) run(name string, args ...string) string {
	c.t.Helper()
	output, err := c.command(name, args...).CombinedOutput()
	require.NoError(c.t, err, "%s %s\n%s", name, strings.Join(args, " "), output)
	return string(output)
}

// rename runs the script in a subfolder.
func (c clone) rename(path ...string) (output string, status int) {
	c.t.Helper()
	command := c.command("../scripts/rename-module.sh", path...)
	command.Dir = filepath.Join(c.folder, "codec")
	text, err := command.CombinedOutput()
	if _, exited := err.(*exec.ExitError); !exited {
		require.NoError(c.t, err)
	}
	return string(text), command.ProcessState.ExitCode()
}

func (c clone) read(name string) string {
	c.t.Helper()
	content, err := os.ReadFile(filepath.Join(c.folder, name))
	require.NoError(c.t, err)
	return string(content)
}

// filesThatName returns the tracked files that name a package of the module with the given path.
func (c clone) filesThatName(path string) (names []string) {
	c.t.Helper()
	mention := regexp.MustCompile(`(^|[^A-Za-z0-9_./-])` + regexp.QuoteMeta(path) + `/((bench|cmd|codec|engine|rooms|scripts)\b|\.\.\.|")`)
	for name := range strings.Lines(c.run("git", "ls-files", "--", ":!*.jsonl")) {
		name = strings.TrimSpace(name)
		if mention.MatchString(c.read(name)) {
			names = append(names, name)
		}
	}
	return names
}

// path returns the path of the module.
func (c clone) path() string {
	c.t.Helper()
	return strings.TrimSpace(c.run("go", "list", "-m"))
}

func TestRenamedModule(t *testing.T) {
	c := copyRepository(t)
	old := c.path()
	require.NotEmpty(t, c.filesThatName(old))
	output, status := c.rename(newPath)
	require.Zero(t, status, output)
	require.Contains(t, output, "The module is "+newPath+" now")
	require.Equal(t, newPath, c.path())
	t.Run("builds", c.builds)
	t.Run("does not name the old path", func(t *testing.T) { assert.Empty(t, c.filesThatName(old)) })
	t.Run("keeps what is no package", c.keepsWhatIsNoPackage)
	t.Run("takes documents along", c.takesDocumentsAlong)
	t.Run("takes nested modules along", func(t *testing.T) {
		assert.True(t, strings.HasPrefix(c.read("bench/peers/go.mod"), "module "+newPath+"/bench/peers\n"))
	})
	t.Run("keeps the arrows sorted", c.keepsArrowsSorted)
	t.Run("can be renamed again", c.canBeRenamedAgain)
}

func (c clone) builds(t *testing.T) {
	c.run("go", "build", "./...")
	c.run("go", "vet", "./codec/...", "./rooms/...", "./scripts/...")
	assert.Empty(t, c.run("gofmt", "-l", "."))
}

func (c clone) keepsWhatIsNoPackage(t *testing.T) {
	assert.Contains(t, c.read("engine/internal/accept/head_test.go"), `"Host: plenum/test"`)
	assert.Contains(t, c.read("codec/PROTOCOL.md"), `"plenum":{"rooms":["team-*"]}`)
	assert.Contains(t, c.read("scripts/deploy/plenum.service"), "/etc/plenum/")
}

func (c clone) takesDocumentsAlong(t *testing.T) {
	assert.Contains(t, c.read("rooms/client/README.md"), "-replace="+newPath+"=")
	assert.Contains(t, c.read("rooms/client/README.md"), `"`+newPath+`/rooms/client"`)
	assert.Contains(t, c.read("rooms/client/doc.go"), `"`+newPath+`/rooms/client"`)
}

// keepsArrowsSorted checks that arrows.txt has the new path and is sorted, as TestArrowsBetweenPackages of cmd/plenum
// requires.
func (c clone) keepsArrowsSorted(t *testing.T) {
	arrows := strings.Split(strings.TrimSpace(c.read("cmd/plenum/testdata/arrows.txt")), "\n")
	assert.Contains(t, arrows, "cmd/plenum -> "+newPath+"/engine")
	assert.True(t, slices.IsSorted(arrows))
}

func (c clone) canBeRenamedAgain(t *testing.T) {
	c.commit()
	output, status := c.rename("example.net/Again/v0-1")
	require.Zero(t, status, output)
	assert.Equal(t, "example.net/Again/v0-1", c.path())
	c.run("go", "vet", "./codec/frame")
}

func TestRefusedPathRenamesNothing(t *testing.T) {
	c := copyRepository(t)
	old := c.path()
	for name, bad := range map[string]struct {
		args []string
		says string
	}{
		"no argument":      {nil, "want one argument, the new path"},
		"an empty one":     {[]string{""}, "want one argument, the new path"},
		"two arguments":    {[]string{"example.org/a", "example.org/b"}, "want one argument, the new path"},
		"a space":          {[]string{"example.org/a b"}, `malformed import path "example.org/a b": invalid char ' '`},
		"a slash too many": {[]string{"example.org/"}, "trailing slash"},
		"a URL":            {[]string{"https://example.org/plenum"}, "not a module path: "},
		"a folder":         {[]string{"../plenum"}, "not a module path: "},
		"no host":          {[]string{"chat/plenum"}, "chat/plenum: the go command fetches only paths that begin with a host's name"},
		"the old path":     {[]string{old}, old + " is the module's path already"},
	} {
		t.Run(name, func(t *testing.T) {
			output, status := c.rename(bad.args...)
			assert.Equal(t, 2, status)
			assert.True(t, strings.HasPrefix(output, "rename-module: "), output)
			assert.Contains(t, output, bad.says)
			assert.Empty(t, c.run("git", "status", "--porcelain"))
		})
	}
	t.Run("uncommitted changes", func(t *testing.T) {
		require.NoError(t, os.WriteFile(filepath.Join(c.folder, "new.txt"), nil, 0o600))
		output, status := c.rename(newPath)
		assert.Equal(t, 1, status)
		assert.Contains(t, output, "rename-module: the work tree has changes: commit them first")
		assert.Equal(t, "?? new.txt\n", c.run("git", "status", "--porcelain"))
	})
}
