package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestArrowsBetweenPackages holds who may import whom: the engine knows no
// rooms, the rooms no sockets, nothing imports a command, the product never bench.
// A new line in testdata/arrows.txt is a decision.
func TestArrowsBetweenPackages(t *testing.T) {
	plainOnly(t, "no server runs here")
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
