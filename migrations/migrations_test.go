package migrations

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestBothDatabasesHaveTheSameMigrations(t *testing.T) {
	postgres, sqlite := names(t, Postgres()), names(t, SQLite())
	if !slices.Equal(postgres, sqlite) {
		t.Errorf("the folders differ:\n\tpostgres %v\n\tsqlite   %v", postgres, sqlite)
	}
}

func TestMigrationsMakeTheSameTables(t *testing.T) {
	for _, name := range names(t, Postgres()) {
		postgres, sqlite := columns(t, Postgres(), name), columns(t, SQLite(), name)
		if !slices.Equal(postgres, sqlite) {
			t.Errorf("%s makes other tables or columns on the two databases:\n\tonly postgres %v\n\tonly sqlite   %v",
				name, without(postgres, sqlite), without(sqlite, postgres))
		}
	}
}

func names(t *testing.T, files fs.FS) []string {
	t.Helper()
	found, err := fs.Glob(files, "*.sql")
	if err != nil || len(found) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	return found
}

var (
	tableLine = regexp.MustCompile(`(?i)^create table (\w+) \(`)
	// wordsLine is a table of words on SQLite; PostgreSQL has it with the number of its row and an index.
	wordsLine  = regexp.MustCompile(`(?i)^create virtual table (\w+) using fts5 \(words, `)
	columnLine = regexp.MustCompile(`^ {4}(\w+) +[a-z]`)
)

// columns lists "table.column" of every create table in a migration, and its indexes' names.
func columns(t *testing.T, files fs.FS, name string) []string {
	t.Helper()
	text, err := fs.ReadFile(files, name)
	if err != nil {
		t.Fatal(err)
	}
	var table string
	var out []string
	for line := range strings.Lines(string(text)) {
		if m := tableLine.FindStringSubmatch(line); m != nil {
			table = m[1]
		} else if m := wordsLine.FindStringSubmatch(line); m != nil {
			out = append(out, m[1]+".seq", m[1]+".words", "index "+m[1]+"_words")
		} else if strings.HasPrefix(line, ")") {
			table = ""
		} else if m := columnLine.FindStringSubmatch(line); m != nil && table != "" && m[1] != "primary" {
			out = append(out, table+"."+m[1])
		} else if at := strings.Index(line, "index "); at >= 0 && strings.HasPrefix(line, "create") {
			out = append(out, "index "+strings.Fields(line[at:])[1])
		}
	}
	slices.Sort(out)
	return out
}

func without(all, some []string) []string {
	var out []string
	for _, s := range all {
		if !slices.Contains(some, s) {
			out = append(out, s)
		}
	}
	return out
}
