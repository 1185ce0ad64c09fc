package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryExampleIsACommandLine: whoever copies a line from a help or from a page of docs gets
// what it says, not an error about a flag that was renamed.
func TestEveryExampleIsACommandLine(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, leaf := range modelOf(t).Leaves(false) {
		for line := range strings.Lines(leaf.Detail) {
			if strings.HasPrefix(line, "  ") {
				seen += parses(t, "muster "+commandName(leaf)+" --help", strings.TrimSpace(line))
			}
		}
	}
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range shellBlocks.FindAllStringSubmatch(string(text), -1) {
			for line := range strings.Lines(block[1]) {
				seen += parses(t, page, strings.TrimSpace(line))
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d examples were found", seen)
	}
}

var shellBlocks = regexp.MustCompile("(?ms)^```(?:sh|bash|console)\n(.*?)^```")

// parses parses every call of muster in a line, and returns how many there were.
func parses(t *testing.T, where, line string) (n int) {
	t.Helper()
	line = strings.TrimPrefix(line, "$ ")
	if i := strings.Index(line, "muster "); i < 0 || strings.HasPrefix(line, "#") || i > 0 && !strings.ContainsAny(line[i-1:i], " /(") ||
		!startsCommand.MatchString(line) || strings.HasSuffix(line, "\\") {
		return 0
	}
	for _, words := range commandsOf(line) {
		if filepath.Base(words[0]) != "muster" || len(words) == 1 {
			continue
		}
		exited := false
		parser, err := newParser(&terminal{out: io.Discard, err: io.Discard}, func(int) { exited = true })
		if err != nil {
			t.Fatal(err)
		}
		n++
		if _, err := parser.Parse(words[1:]); err != nil && !exited {
			t.Errorf("%s says %q, and muster says: %v", where, line, err)
		}
	}
	return n
}

// startsCommand is the beginning of a line that is typed, and not a sentence about muster.
var startsCommand = regexp.MustCompile(`^([A-Z_]+=\S* )*(\S*/)?(muster [a-z_-]|source <\(muster |psql )`)

// commandsOf takes a line apart as a shell does: words, quotes, pipes; what is redirected, and a
// comment, is left out.
func commandsOf(line string) (commands [][]string) {
	var words []string
	var word strings.Builder
	quote, begun, skip := rune(0), false, false
	end := func() {
		if begun && !skip && !(len(words) == 0 && assignment.MatchString(word.String())) {
			words = append(words, word.String())
		}
		if begun {
			skip = false
		}
		word.Reset()
		begun = false
	}
	next := func() {
		end()
		if len(words) > 0 {
			commands = append(commands, words)
		}
		words, skip = nil, false
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, begun = r, true
		case r == '#' && !begun:
			next()
			return commands
		case r == '|' || r == ';' || r == '&' || r == '(' || r == ')':
			next()
		case r == '>' || r == '<':
			if fd := word.String(); fd == "2" { // its number is part of it
				word.Reset()
				begun = false
			}
			end()
			skip = true
		case r == ' ':
			end()
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	next()
	return commands
}

var assignment = regexp.MustCompile(`^[A-Z_]+=`)

var exampleLine = regexp.MustCompile(`(?m)^  .*\bmuster `)

// TestEveryCommandTeaches: beyond its sentence, every command shows a line that runs.
func TestEveryCommandTeaches(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, leaf := range modelOf(t).Leaves(true) {
		names[commandName(leaf)] = true
		if !exampleLine.MatchString(leaf.Detail) {
			t.Errorf("muster %s --help shows no example; give the command a method Help, or a line in examples", commandName(leaf))
		}
	}
	for name := range examples {
		if !names[name] {
			t.Errorf("examples has muster %s, which is no command", name)
		}
	}
}
