package bench

import (
	"encoding"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/latency"
)

func TestTheManualDescribesEachFieldOfAResultOnce(t *testing.T) {
	rows := firstCells(t, "The result")
	require.NotEmpty(t, rows)
	fields := resultFields(reflect.TypeFor[Result](), "")
	described := map[string]int{} // rows by field
	for _, row := range rows {
		pattern := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(row), `\*`, ".+") + "$")
		before := len(described)
		for _, field := range fields {
			if pattern.MatchString(field) {
				described[field]++
			}
		}
		assert.Greater(t, len(described), before, "the row %q names no further field of a result", row)
	}
	for _, field := range fields {
		assert.Equal(t, 1, described[field], "rows for the field %q", field)
	}
}

// resultFields returns the JSON path of each field of a struct that has a value of its own, and
// of each group of latencies too.
func resultFields(of reflect.Type, under string) (paths []string) {
	for i := range of.NumField() {
		f := of.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		kind := f.Type
		for kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice {
			kind = kind.Elem()
		}
		switch {
		case !f.IsExported() || name == "-":
		case f.Anonymous && name == "":
			paths = append(paths, resultFields(kind, under)...)
		case kind.Kind() != reflect.Struct || writesItself(kind):
			paths = append(paths, under+name)
		default:
			if kind == reflect.TypeFor[latency.Percentiles]() {
				paths = append(paths, under+name)
			}
			paths = append(paths, resultFields(kind, under+name+".")...)
		}
	}
	return paths
}

func writesItself(kind reflect.Type) bool {
	return kind.Implements(reflect.TypeFor[json.Marshaler]()) || kind.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

func TestTheManualListsAllFailuresReasonsAndNotes(t *testing.T) {
	texts := verdictTexts(t)
	for field, section := range map[string]string{
		"Failures": "FAILED (status 1)", "Reasons": "INVALID (status 3)", "Notes": "Notes",
	} {
		require.NotEmpty(t, texts[field])
		assert.ElementsMatch(t, texts[field], firstCells(t, section), "rows of the section %q", section)
	}
}

// verdictTexts returns the texts that the code may add to a result's Failures, Reasons and
// Notes. A value within a text is "…".
func verdictTexts(t *testing.T) map[string][]string {
	collected := map[string]map[string]bool{"Failures": {}, "Reasons": {}, "Notes": {}}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if path == "verdict.go" && f.Name.Name != "judge" { // failures, reasons, lateness and notes
				field := strings.ToUpper(f.Name.Name[:1]) + f.Name.Name[1:]
				if f.Name.Name == "lateness" { // a part of the reasons
					field = "Reasons"
				}
				if into, listed := collected[field]; listed {
					addTexts(into, f.Body)
				}
				continue
			}
			addAppended(collected, f)
		}
	}
	texts := map[string][]string{}
	for field, of := range collected {
		texts[field] = slices.Collect(maps.Keys(of))
	}
	return texts
}

// addAppended adds the texts of each x.FIELD = append(x.FIELD, TEXT) in f.
func addAppended(collected map[string]map[string]bool, f *ast.FuncDecl) {
	ast.Inspect(f, func(n ast.Node) bool {
		assign, ok := n.(*ast.AssignStmt)
		if !ok {
			return true
		}
		to, ok := assign.Lhs[0].(*ast.SelectorExpr)
		if !ok || collected[to.Sel.Name] == nil {
			return true
		}
		call, ok := assign.Rhs[0].(*ast.CallExpr)
		if !ok || len(call.Args) != 2 || call.Ellipsis.IsValid() {
			return true
		}
		var text ast.Node = call.Args[1]
		if name, ok := text.(*ast.Ident); ok {
			text = assignedTo(f, name.Name)
		}
		addTexts(collected[to.Sel.Name], text)
		return true
	})
}

// assignedTo returns the expression by which a variable of f is defined.
func assignedTo(f *ast.FuncDecl, name string) (value ast.Node) {
	ast.Inspect(f, func(n ast.Node) bool {
		if assign, ok := n.(*ast.AssignStmt); ok && assign.Tok == token.DEFINE {
			if to, ok := assign.Lhs[0].(*ast.Ident); ok && to.Name == name {
				value = assign.Rhs[0]
			}
		}
		return true
	})
	return value
}

var formatVerb = regexp.MustCompile(`%[.0-9]*[a-z]`)

func addTexts(into map[string]bool, node ast.Node) {
	ast.Inspect(node, func(n ast.Node) bool {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, _ := strconv.Unquote(literal.Value) // it was parsed
		text = strings.ReplaceAll(formatVerb.ReplaceAllString(text, "…"), "%%", "%")
		if strings.HasSuffix(text, ": ") {
			text += "…"
		}
		if strings.Trim(text, "… ") != "" {
			into[text] = true
		}
		return true
	})
}

// firstCells returns the code in the first column of the tables of a section of the manual, up to
// the next heading.
func firstCells(t *testing.T, section string) (cells []string) {
	t.Helper()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, after, found := strings.Cut(string(text), "# "+section+"\n")
	require.True(t, found, section)
	within, _, _ := strings.Cut(after, "\n#")
	for line := range strings.Lines(within) {
		if rest, ok := strings.CutPrefix(line, "| `"); ok {
			cell, _, _ := strings.Cut(rest, "`")
			cells = append(cells, cell)
		}
	}
	return cells
}
