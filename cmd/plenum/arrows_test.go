package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// testdata/arrows.txt lists the permitted imports between packages. The engine does not import rooms, rooms does not
// import the engine, nothing imports a command, and the server does not import bench. A new line needs a
// decision.
func TestPackagesImportOnlyPermittedPackages(t *testing.T) {
	plainOnly(t, "the test starts no server")
	list, err := exec.Command("go", "list", "-f", `{{$p := .ImportPath}}{{range .Imports}}{{$p}} -> {{.}}{{"\n"}}{{end}}`, "plenum/...").Output()
	require.NoError(t, err)
	var arrows []string
	for line := range strings.Lines(string(list)) {
		from, to, ok := strings.Cut(strings.TrimSpace(line), " -> ")
		if ok && (strings.HasPrefix(to, "plenum/") || strings.Contains(strings.Split(to, "/")[0], ".")) {
			arrows = append(arrows, strings.TrimPrefix(from, "plenum/")+" -> "+to)
		}
	}
	slices.Sort(arrows)
	want, err := os.ReadFile("testdata/arrows.txt")
	require.NoError(t, err)
	require.Equal(t, string(want), strings.Join(arrows, "\n")+"\n")
}
