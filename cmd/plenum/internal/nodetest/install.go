package nodetest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
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
	path, err := install()
	if errors.Is(err, errNoNPM) {
		t.Skipf("not tested in Node: %v, which would install Node %s", err, version)
	}
	require.NoError(t, err)
	return path
}

// install installs Node into a temporary folder and renames it, because several test binaries may install it at the same time.
var install = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	folder := filepath.Join(cache, "plenum-test", "node-"+version)
	path := filepath.Join(folder, "node_modules", "node", "bin", "node")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", errNoNPM
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return "", err
	}
	scratch, err := os.MkdirTemp(filepath.Dir(folder), "install-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(scratch)
	command := exec.Command(npm, "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts=false", "--prefix="+scratch, "node@"+version)
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm install node@%s: %w\n%s", version, err, output)
	}
	if err := os.Rename(scratch, folder); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	_, err = os.Stat(path)
	return path, err
})
