package page

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	assignment = regexp.MustCompile(`^[A-Z_]+=\S*$`)
	testFunc   = regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)\w*)\(`)
)

// LookUp looks at a command that is not run: a target of make has to be there, and so has a test
// that go test is to run. Of other commands it says nothing. root is the repository's folder.
func LookUp(root, line string) error {
	line, _, _ = strings.Cut(line, "  #")
	words := strings.Fields(strings.ReplaceAll(line, "'", ""))
	for len(words) > 0 && assignment.MatchString(words[0]) {
		words = words[1:]
	}
	if len(words) < 2 {
		return nil
	}
	switch {
	case words[0] == "make":
		return lookUpTarget(root, words[1:])
	case words[0] == "go" && words[1] == "test":
		return lookUpTest(root, words[2:])
	}
	return nil
}

// lookUpTarget expects targets, and variables that the Makefile uses.
func lookUpTarget(root string, words []string) error {
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		return err
	}
	for _, word := range words {
		name, _, set := strings.Cut(word, "=")
		switch {
		case strings.HasPrefix(word, "#"):
			return nil
		case set && !strings.Contains(string(text), "$("+name+")") && !strings.Contains(string(text), name):
			return fmt.Errorf("the Makefile does not use %s", name)
		case !set && !strings.Contains("\n"+string(text), "\n"+word+":"):
			return fmt.Errorf("the Makefile has no target %s", word)
		}
	}
	return nil
}

// lookUpTest expects a test or benchmark that the pattern matches in one of the folders.
func lookUpTest(root string, words []string) error {
	patterns, folders := map[string]*regexp.Regexp{}, []string{}
	for i := 0; i < len(words); i++ {
		switch words[i] {
		case "-run", "-bench":
			i++
			if i == len(words) {
				return fmt.Errorf("the pattern of %s is missing", words[i-1])
			}
			first, _, _ := strings.Cut(words[i], "/")
			pattern, err := regexp.Compile(first)
			if err != nil {
				return err
			}
			patterns[words[i-1]] = pattern
		case "-benchtime", "-count", "-timeout":
			i++
		default:
			if strings.HasPrefix(words[i], "./") {
				folders = append(folders, words[i])
			}
		}
	}
	for _, folder := range folders {
		name, deep := strings.CutSuffix(folder, "/...")
		if info, err := os.Stat(filepath.Join(root, name)); err != nil || !info.IsDir() {
			return fmt.Errorf("there is no folder %s", name)
		}
		for flag, pattern := range patterns {
			if !deep && pattern.String() != "^$" && !hasTest(filepath.Join(root, name), flag, pattern) {
				return fmt.Errorf("%s has nothing that %s %s would run", name, flag, pattern)
			}
		}
	}
	return nil
}

func hasTest(folder, flag string, pattern *regexp.Regexp) bool {
	files, _ := filepath.Glob(filepath.Join(folder, "*_test.go"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, found := range testFunc.FindAllStringSubmatch(string(text), -1) {
			if strings.HasPrefix(found[1], "Benchmark") == (flag == "-bench") && pattern.MatchString(found[1]) {
				return true
			}
		}
	}
	return false
}
