package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// root is the folder of the module.
const root = "../.."

// serverFolders are the folders of all code that runs in the server.
var serverFolders = []string{"engine", "rooms", "codec", "cmd/plenum"}

// logLevels are the methods of slog.Logger that log at info or above, with the level in the documents.
var logLevels = map[string]string{
	"Info": "info", "InfoContext": "info", "Warn": "warn", "WarnContext": "warn", "Error": "error", "ErrorContext": "error",
}

// notLogged are calls of methods with the same names that log nothing.
var notLogged = []string{"http.Error", "(*stream).Info"}

// loggedMessages returns the levels of each message that the server logs at info or above. It fails if a
// message is not a constant, because such a message can be neither searched for nor listed.
func loggedMessages(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, folder := range serverFolders {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() && !strings.Contains(path, "testdata") {
				logCalls(t, path, func(message, level string) {
					if !slices.Contains(all[message], level) {
						all[message] = append(all[message], level)
					}
				})
			}
			return err
		}))
	}
	return all
}

// logCalls calls found for each message that the package in a folder logs.
func logCalls(t *testing.T, folder string, found func(message, level string)) {
	t.Helper()
	files := parseFolder(t, folder)
	constants := constantsOf(files)
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			selector, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			at := folder + ": " + expressionText(call.Fun)
			record := func(argument ast.Expr, level string) {
				message, ok := constantText(argument, constants)
				if assert.True(t, ok, "%s: the message is not a constant", at) {
					found(message, level)
				}
			}
			name := selector.Sel.Name
			switch level := logLevels[name]; {
			case expressionText(call.Fun) == "boundedlog.New":
				record(call.Args[1], "warn")
				record(call.Args[3], "warn")
			case strings.HasSuffix(folder, "internal/boundedlog"): // it logs the messages given to New
			case level == "" || len(call.Args) == 0 || slices.Contains(notLogged, expressionText(call.Fun)):
				assert.NotContains(t, []string{"Log", "LogAttrs", "NewLogLogger"}, name, "%s: the test cannot read this call", at)
			case strings.HasSuffix(name, "Context"):
				record(call.Args[1], level)
			default:
				record(call.Args[0], level)
			}
			return true
		})
	}
}

// parseFolder parses the Go files in a folder, without tests.
func parseFolder(t *testing.T, folder string) (files []*ast.File) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	require.NoError(t, err)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	return files
}

// constantsOf returns the values of the constants of a package that are declared at its top.
func constantsOf(files []*ast.File) map[string]ast.Expr {
	all := map[string]ast.Expr{}
	for _, file := range files {
		for _, d := range file.Decls {
			if group, ok := d.(*ast.GenDecl); ok && group.Tok == token.CONST {
				for _, s := range group.Specs {
					for i, value := range s.(*ast.ValueSpec).Values {
						all[s.(*ast.ValueSpec).Names[i].Name] = value
					}
				}
			}
		}
	}
	return all
}

// constantText returns the text of a constant expression: literals, their sums, and constants of the package.
func constantText(e ast.Expr, constants map[string]ast.Expr) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, ok := constantText(e.X, constants)
		right, also := constantText(e.Y, constants)
		return left + right, ok && also && e.Op == token.ADD
	case *ast.Ident:
		value, found := constants[e.Name]
		if !found {
			return "", false
		}
		return constantText(value, constants)
	}
	return "", false
}

// expressionText returns an expression of names, selectors, stars and calls as text.
func expressionText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return expressionText(e.X) + "." + e.Sel.Name
	case *ast.StarExpr:
		return "*" + expressionText(e.X)
	case *ast.ParenExpr:
		return "(" + expressionText(e.X) + ")"
	case *ast.CallExpr:
		return expressionText(e.Fun) + "()"
	}
	return "?"
}

var (
	messageRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([a-z, ]+) \\| (.+) \\| (.+) \\|$")
	logColumn  = regexp.MustCompile("`([^`]+)`")
)

func TestEveryLogMessageHasAnEntryInOperatingAndNoEntryIsStale(t *testing.T) {
	plainOnly(t, "the test starts no server")
	logged := loggedMessages(t)
	require.Greater(t, len(logged), 25)
	listed := map[string]bool{}
	for _, row := range messageRow.FindAllStringSubmatch(operatingSection(t, "Log messages"), -1) {
		message := row[1]
		assert.False(t, listed[message], "twice in Log messages: %q", message)
		listed[message] = true
		levels := slices.Clone(logged[message])
		slices.Sort(levels)
		if assert.NotEmpty(t, levels, "in Log messages, but never logged: %q", message) {
			assert.Equal(t, strings.Join(levels, ", "), row[2], message)
		}
	}
	for message, levels := range logged {
		assert.True(t, listed[message], "not in Log messages of OPERATING.md: %q (%s)", message, strings.Join(levels, ", "))
	}
}

func TestALogMessageSaysWhatFailedInAFewWords(t *testing.T) {
	plainOnly(t, "the test starts no server")
	for message := range loggedMessages(t) {
		assert.GreaterOrEqual(t, len(strings.Fields(message)), 3, "%q", message)
		assert.LessOrEqual(t, len(strings.Fields(message)), 30, "%q", message)
		assert.NotContains(t, message, "%", "values are attributes")
		assert.NotContains(t, message, "\n")
	}
}

// Each log line that the runbook shows is the beginning of a message.
func TestTheRunbookShowsOnlyLogLinesThatExist(t *testing.T) {
	plainOnly(t, "the test starts no server")
	logged := loggedMessages(t)
	shown := 0
	check := func(cell string) {
		for _, found := range logColumn.FindAllStringSubmatch(cell, -1) {
			shown++
			exists := false
			for message := range logged {
				exists = exists || strings.HasPrefix(message, found[1])
			}
			assert.True(t, exists, "no message begins with %q", found[1])
		}
	}
	column := -1
	for line := range strings.Lines(operatingSection(t, "Runbook")) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		_, item, isItem := strings.Cut(line, "**Log line:**")
		switch at := slices.IndexFunc(cells, func(c string) bool { return strings.TrimSpace(c) == "log line" }); {
		case at >= 0:
			column = at
		case len(cells) < 3:
			column = -1
		case column >= 0 && column < len(cells):
			check(cells[column])
		}
		if isItem {
			check(item)
		}
	}
	assert.Greater(t, shown, 15)
}
