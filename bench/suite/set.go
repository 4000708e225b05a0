package suite

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// Set names what makes runs comparable: 12 digits of a hash over this program, the
// servers', what the peers in a folder are built of, the time to measure that replaces
// the entries' own, and the cores that others may use.
func Set(peers string, duration time.Duration, busy float64, servers ...string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, duration, busy)
	add := func(name string, content []byte) { fmt.Fprintf(sum, "%q %x\n", name, sha256.Sum256(content)) }
	for _, program := range append([]string{"/proc/self/exe"}, servers...) {
		content, err := os.ReadFile(program)
		if err != nil {
			return "", err
		}
		add("", content)
	}
	err := eachSource(os.DirFS(peers), add)
	return fmt.Sprintf("%.6x", sum.Sum(nil)), err
}

// outputs are folders of what is built or fetched.
var outputs = []string{"bin", "node_modules", "target"}

// eachSource calls do for each file that is neither an output nor prose, in the order
// of their names.
func eachSource(folder fs.FS, do func(name string, content []byte)) error {
	return fs.WalkDir(folder, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(outputs, d.Name()):
			return fs.SkipDir
		case d.IsDir() || strings.HasSuffix(path, ".md"):
			return nil
		}
		content, err := fs.ReadFile(folder, path)
		do(path, content)
		return err
	})
}
