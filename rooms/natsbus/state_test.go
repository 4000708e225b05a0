package natsbus

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheStateIsPure requires that the files of the state have no clock, randomness, lock, goroutine or I/O.
func TestTheStateIsPure(t *testing.T) {
	files, err := filepath.Glob("state*.go")
	require.NoError(t, err)
	files = append(files, "event.go", "action.go")
	pure := []string{"errors", "slices", "time", "plenum/rooms"}
	for _, name := range files {
		if name == "state_test.go" {
			continue
		}
		file, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, i := range file.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			require.NoError(t, err)
			assert.Contains(t, pure, path, name)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt, *ast.SendStmt, *ast.SelectStmt:
				assert.Fail(t, "concurrent", name)
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" {
					assert.Contains(t, []string{"Duration", "Second", "Millisecond"}, n.Sel.Name, name)
				}
			}
			return true
		})
	}
}
