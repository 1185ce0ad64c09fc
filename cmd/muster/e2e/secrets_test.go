package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// secrets are the tokens that servers gave out, to be looked for where they must not be.
var secrets = struct {
	sync.Mutex
	all map[*server][]string
}{all: map[*server][]string{}}

func (s *server) remember(secret string) {
	if secret == "" {
		return
	}
	secrets.Lock()
	defer secrets.Unlock()
	secrets.all[s] = append(secrets.all[s], secret)
}

type file struct{ name, text string }

// files reads what the server keeps in its directory: with SQLite, the database.
func (s *server) files(t *testing.T) (files []file) {
	t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files = append(files, file{path, string(text)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
