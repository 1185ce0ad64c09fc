// Command pages writes docs/guides from the guides: `go generate ./web/guides`.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/muster-scim/muster/web/guides"
)

func main() {
	if err := write(filepath.Join("..", "..", "docs", "guides")); err != nil {
		fmt.Fprintln(os.Stderr, "pages:", err)
		os.Exit(1)
	}
}

func write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, text := range guides.Pages() {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
