// Command prose counts habits that make the comments of the Go files hard to read. It finds them by fixed regular
// expressions, so that two versions of the project can be compared:
//
//	go run ./scripts/prose                 # a table of all packages
//	go run ./scripts/prose -list ./rooms   # each comment line and sentence that was counted
//
// A count is a hint, not an error: "where" is right for a place.
package main

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// longSentence is the number of words above which a sentence counts as long.
const longSentence = 25

var (
	whereClause = regexp.MustCompile(`(?i)\bwhere\b`)
	noNoun      = regexp.MustCompile(`(?i)\b(what|who|whoever|whom|those (that|who))\b`)
	sentenceEnd = regexp.MustCompile(`[.?!][)"'` + "`" + `]*(\s+|$)`)
	notProse    = regexp.MustCompile(`^(go:|nolint|\+build|https?://\S+$)`)
)

// counts are the figures of one package.
type counts struct {
	lines, where, noNoun, sentences, long int
}

func (c *counts) add(other counts) {
	c.lines += other.lines
	c.where += other.where
	c.noNoun += other.noNoun
	c.sentences += other.sentences
	c.long += other.long
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "prose:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("prose", flag.ContinueOnError)
	list := flags.Bool("list", false, "print each line and sentence that is counted")
	if err := flags.Parse(args); err != nil {
		return err
	}
	files, err := goFiles(flags.Args())
	if err != nil {
		return err
	}
	packages := make(map[string]*counts)
	for _, file := range files {
		report := io.Discard
		if *list {
			report = out
		}
		of, err := ofFile(file, report)
		if err != nil {
			return err
		}
		folder := filepath.Dir(file)
		if packages[folder] == nil {
			packages[folder] = &counts{}
		}
		packages[folder].add(of)
	}
	if !*list {
		printTable(out, packages)
	}
	return nil
}

// goFiles returns the tracked Go files below the folders. Without folders, it returns all tracked Go files.
func goFiles(folders []string) ([]string, error) {
	paths := []string{"*.go"}
	if len(folders) > 0 {
		paths = nil
	}
	for _, folder := range folders {
		paths = append(paths, filepath.Join(folder, "*.go"))
	}
	out, err := exec.Command("git", append([]string{"ls-files", "--"}, paths...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	return strings.Fields(string(out)), nil
}

// ofFile returns the counts of a file. It writes each line and sentence that it counts to report.
func ofFile(name string, report io.Writer) (counts, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return counts{}, err
	}
	var c counts
	for _, group := range file.Comments {
		c.add(ofGroup(group, set, report))
	}
	return c, nil
}

func ofGroup(group *ast.CommentGroup, set *token.FileSet, report io.Writer) counts {
	var c counts
	var paragraph []string
	at := ""
	endParagraph := func() {
		c.add(ofParagraph(strings.Join(paragraph, " "), at, report))
		paragraph = nil
	}
	for _, comment := range group.List {
		position := set.Position(comment.Pos())
		at = fmt.Sprintf("%s:%d", position.Filename, position.Line)
		scanner := bufio.NewScanner(strings.NewReader(comment.Text))
		for scanner.Scan() {
			text := strings.Trim(scanner.Text(), "/*")
			line := strings.TrimSpace(text)
			switch {
			case notProse.MatchString(line):
				continue
			case line == "" || strings.HasPrefix(text, "\t") || strings.HasPrefix(line, "- "):
				endParagraph()
			}
			if line == "" {
				continue
			}
			c.lines++
			c.where += counted(whereClause, line, "where", at, report)
			c.noNoun += counted(noNoun, line, "no noun", at, report)
			paragraph = append(paragraph, strings.TrimPrefix(line, "- "))
		}
	}
	endParagraph()
	return c
}

func counted(habit *regexp.Regexp, line, name, at string, report io.Writer) int {
	if !habit.MatchString(line) {
		return 0
	}
	fmt.Fprintf(report, "%s: %s: %s\n", at, name, line)
	return 1
}

func ofParagraph(text, at string, report io.Writer) counts {
	var c counts
	for _, sentence := range sentenceEnd.Split(text, -1) {
		words := len(strings.Fields(sentence))
		if words == 0 {
			continue
		}
		c.sentences++
		if words > longSentence {
			c.long++
			fmt.Fprintf(report, "%s: %d words: %s\n", at, words, sentence)
		}
	}
	return c
}

func printTable(out io.Writer, packages map[string]*counts) {
	var all counts
	row := func(c counts, name string) {
		fmt.Fprintf(out, "%8d %8d %8d %10d %8d  %s\n", c.lines, c.where, c.noNoun, c.sentences, c.long, name)
	}
	fmt.Fprintf(out, "%8s %8s %8s %10s %8s  %s\n", "lines", "where", "no noun", "sentences", "long", "package")
	for _, name := range slices.SortedFunc(maps.Keys(packages), cmp.Compare[string]) {
		row(*packages[name], name)
		all.add(*packages[name])
	}
	row(all, "all")
}
