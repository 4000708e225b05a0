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

// Set returns the name of a set: runs of one set may be compared. The name is 12 digits of a hash. The
// hash covers this program, the servers' programs, the sources in the folder peers, and the options
// duration, busy and quick of plenum-bench suite.
func Set(peers string, duration time.Duration, busy float64, quick bool, servers ...string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, duration, busy, quick)
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

// outputs are the names of the folders and files that the builds of the peers write. Git ignores them too.
var outputs = []string{"bin", "node_modules", "target", "Cargo.lock"}

// eachSource calls do for each file below folder, in the order of the names. It leaves out outputs and
// Markdown files.
func eachSource(folder fs.FS, do func(name string, content []byte)) error {
	return fs.WalkDir(folder, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(outputs, d.Name()):
			return fs.SkipDir
		case d.IsDir(), strings.HasSuffix(path, ".md"), slices.Contains(outputs, d.Name()):
			return nil
		}
		content, err := fs.ReadFile(folder, path)
		do(path, content)
		return err
	})
}
