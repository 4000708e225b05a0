package nodetest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// version is the version of Node for the tests. It belongs to the oldest major version that plenum.js supports.
const version = "22.23.3"

var errNoNPM = errors.New("npm is not on PATH")

// Binary returns the path of Node. At the first use on a machine, npm installs it into the user's cache. Binary skips
// t if there is no npm.
func Binary(t *testing.T) string {
	t.Helper()
	return filepath.Join(Packages(t, "node@"+version), "node_modules", "node", "bin", "node")
}

// Packages returns a folder whose node_modules has only the packages and their dependencies. Each of packages has the form
// NAME@VERSION. At the first use on a machine, npm installs them into the user's cache. The caller must not change the folder.
// Packages skips t if there is no npm.
func Packages(t *testing.T, packages ...string) (folder string) {
	t.Helper()
	folder, err := install(packages)
	if errors.Is(err, errNoNPM) {
		t.Skipf("not tested in Node: %v, which would install %s", err, strings.Join(packages, " "))
	}
	require.NoError(t, err)
	return folder
}

// install installs packages into a temporary folder and renames it, because several test binaries may install them at the
// same time.
func install(packages []string) (folder string, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	all := filepath.Join(cache, "plenum-test")
	folder = filepath.Join(all, strings.NewReplacer("@", "-", "/", "-").Replace(strings.Join(packages, "_")))
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", errNoNPM
	}
	if err := os.MkdirAll(all, 0o755); err != nil {
		return "", err
	}
	scratch, err := os.MkdirTemp(all, "install-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(scratch)
	command := exec.Command(npm, append([]string{"install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts=false", "--prefix=" + scratch}, packages...)...)
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm install %s: %w\n%s", strings.Join(packages, " "), err, output)
	}
	if err := os.Rename(scratch, folder); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return folder, nil
}
