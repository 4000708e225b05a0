package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/browsertest"
	"plenum/cmd/plenum/internal/nodetest"
)

// snippet is a program in a document. It joins the room general of the server at 127.0.0.1:8080, and publishes
// a message there or prints the messages.
type snippet struct{ where, text string }

// at returns the program for another server.
func (s snippet) at(server *testServer) string {
	return strings.ReplaceAll(s.text, "127.0.0.1:8080", address(server.url))
}

// snippetsIn returns the fenced blocks of a language in all documents.
func snippetsIn(t *testing.T, language string) (all []snippet) {
	t.Helper()
	fenced := regexp.MustCompile("(?ms)^ *```" + language + "\n(.*?)^ *```")
	for _, name := range documentPaths(t) {
		for n, found := range fenced.FindAllStringSubmatch(source(t, name), -1) {
			all = append(all, snippet{fmt.Sprint(name, " ", n+1), found[1]})
		}
	}
	return all
}

// source returns the text of a file of the repository.
func source(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(text)
}

// requireNames requires that all has snippets with these names.
func requireNames(t *testing.T, all []snippet, names ...string) {
	t.Helper()
	var found []string
	for _, s := range all {
		found = append(found, s.where)
	}
	require.Subset(t, found, names)
}

// commented returns the indented part of a file's comments.
func commented(t *testing.T, name, indent string) snippet {
	t.Helper()
	lines := regexp.MustCompile("(?m)^//("+indent+".*)?\n").FindAllString(source(t, name), -1)
	var text strings.Builder
	for _, line := range lines {
		text.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, "//"), indent))
	}
	return snippet{name, text.String()}
}

// nodeProgram matches snippets for Node; the others are for a page.
var nodeProgram = regexp.MustCompile(`"\./plenum\.mjs"|^// backend\.mjs`)

func TestEveryJavaScriptSnippetOfTheDocumentsRuns(t *testing.T) {
	plainOnly(t, "the documents' addresses are not of TLS")
	t.Parallel()
	all := append(snippetsIn(t, "js"), commented(t, "rooms/client/js/plenum.js", "   "))
	requireNames(t, all, "README.md 1", "README.md 2", "rooms/client/README.md 1", "rooms/client/README.md 2", "rooms/client/js/plenum.js")
	require.Empty(t, append(snippetsIn(t, "javascript"), snippetsIn(t, "typescript")...), "a language that no test looks for")
	for _, s := range all {
		t.Run(s.where, func(t *testing.T) {
			server := start(t)
			if nodeProgram.MatchString(s.text) {
				runInNode(t, s.at(server), server)
			} else {
				runInPage(t, s.at(server), server)
			}
			_, kept := get(t, server.url+"/api/rooms/general/messages?since=:0")
			require.Contains(t, kept, `{"sender":"Alex","text":"Hello `)
		})
	}
}

// runInPage runs a module in a page of the server, until it ends.
func runInPage(t *testing.T, script string, server *testServer) {
	t.Helper()
	target, err := url.Parse(server.url)
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/", httputil.NewSingleHostReverseProxy(target))
	mux.HandleFunc("/snippet", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><script type="module">%s
window.ended = true;</script>`, script)
	})
	page := httptest.NewServer(mux)
	t.Cleanup(page.Close)
	browser := browsertest.Start(t, wait)
	browser.Open(t, page.URL+"/snippet").Until(`window.ended`)
	browser.RequireQuiet(t)
}

// runInNode runs a module in a folder with plenum.js, until it ends.
func runInNode(t *testing.T, script string, server *testServer) {
	t.Helper()
	folder := t.TempDir()
	_, module := get(t, server.url+"/plenum.js")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "plenum.mjs"), []byte(module), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "snippet.mjs"), []byte(script), 0o600))
	command := exec.CommandContext(t.Context(), nodetest.Binary(t), "snippet.mjs")
	command.Dir = folder
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)
}

func TestEveryGoSnippetOfTheDocumentsRuns(t *testing.T) {
	plainOnly(t, "the documents' addresses are not of TLS")
	t.Parallel()
	all := append(snippetsIn(t, "go"), commented(t, "rooms/client/doc.go", "\t"))
	all = slices.DeleteFunc(all, func(s snippet) bool { return strings.HasPrefix(s.where, "engine/") }) // a server, which engine tests
	examples := source(t, "rooms/client/example_test.go")
	for _, name := range regexp.MustCompile(`(?m)^func Example\w*`).FindAllString(examples, -1) {
		text := strings.Replace(examples, "package client_test\n", "package main\n", 1)
		all = append(all, snippet{name, strings.Replace(text, name+"()", "func main()", 1)})
	}
	requireNames(t, all, "rooms/client/README.md 1", "rooms/client/doc.go", "func Example", "func ExampleClient_Resume")
	for _, s := range all {
		t.Run(s.where, func(t *testing.T) {
			server := start(t)
			folder := t.TempDir()
			file, program := filepath.Join(folder, "main.go"), filepath.Join(folder, "program")
			require.NoError(t, os.WriteFile(file, []byte(s.at(server)), 0o600))
			for _, tool := range [][]string{{"vet", file}, {"build", "-o", program, file}} {
				output, err := exec.Command("go", tool...).CombinedOutput()
				require.NoError(t, err, "go %s\n%s", tool[0], output)
			}
			prints(t, program, server)
		})
	}
}

// prints requires that a program joins the room general and prints the messages of the room.
func prints(t *testing.T, path string, server *testServer) {
	t.Helper()
	var out lockedBuffer
	program := exec.Command(path)
	program.Stdout = &out
	program.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // if this test panics
	require.NoError(t, program.Start())
	t.Cleanup(func() {
		_ = program.Process.Kill()
		_ = program.Wait() // reports that it was killed
	})
	require.Eventually(t, func() bool {
		_, members := get(t, server.url+"/api/rooms/general/members")
		return strings.Contains(members, `"Alex"`)
	}, wait, tick)
	status, body, _ := call(t, http.MethodPost, server.url+"/api/rooms/general/messages", `{"sender":"Bea","text":"Are you there?"}`)
	require.Equal(t, http.StatusAccepted, status, body)
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "Are you there?") }, wait, tick)
}
