// Package migrations holds the history of the database schema as SQL files: one folder for each
// database, the same names in both. Migrations only go forward; a released file never changes.
package migrations

import (
	"embed"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed postgres/*.sql sqlite/*.sql
var files embed.FS

// Postgres returns the migrations of PostgreSQL, at the top of the file system.
func Postgres() fs.FS { return folder("postgres") }

// SQLite returns the migrations of SQLite, at the top of the file system.
func SQLite() fs.FS { return folder("sqlite") }

// Newest is the number of the last migration: the version of the schema that this program makes.
func Newest() int64 {
	names, err := fs.Glob(Postgres(), "*.sql")
	if err != nil || len(names) == 0 {
		panic("no migrations") // they are part of the program
	}
	number, _, _ := strings.Cut(names[len(names)-1], "_")
	newest, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		panic(err)
	}
	return newest
}

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the name is valid, and the folder is part of the program
	}
	return sub
}
