// Package migrations holds the history of the database schema as SQL files: one folder for each
// database, the same names in both. Migrations only go forward; a released file never changes.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed postgres/*.sql sqlite/*.sql
var files embed.FS

// Postgres returns the migrations of PostgreSQL, at the top of the file system.
func Postgres() fs.FS { return folder("postgres") }

// SQLite returns the migrations of SQLite, at the top of the file system.
func SQLite() fs.FS { return folder("sqlite") }

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the name is valid, and the folder is part of the program
	}
	return sub
}
