package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/muster-scim/muster/storage/storagetest/debian"
)

// ErrNotInstalled is the cause of a start that found no PostgreSQL on this machine.
var ErrNotInstalled = errors.New(`PostgreSQL is needed for these tests and none is installed. Either
    apt-get install postgresql        (Debian, Ubuntu: the server's programs; no cluster is needed)
or point ` + Variable + ` at a server where databases may be created and dropped:
    export ` + Variable + `='postgres://user:password@host:5432/postgres'`)

// Binaries returns the directory of the newest installed server's programs, or ErrNotInstalled.
func Binaries() (string, error) {
	newest, version := "", -1
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	for _, program := range found {
		dir := filepath.Dir(program)
		v, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		if err == nil && v > version {
			newest, version = dir, v
		}
	}
	if newest != "" {
		return newest, nil
	}
	program, err := exec.LookPath("postgres")
	if err != nil {
		return "", ErrNotInstalled
	}
	// initdb lies beside the real program, not beside a link to it.
	program, err = filepath.EvalSymlinks(program)
	if err != nil {
		return "", fmt.Errorf("following %s: %w", program, err)
	}
	return filepath.Dir(program), nil
}

// Install installs PostgreSQL from the distribution where it is missing and this process may:
// as root, where apt-get is. The package is kept from making or starting a cluster of its own.
// Where it may not, it returns ErrNotInstalled.
func Install() error {
	if _, err := Binaries(); err == nil {
		return nil
	}
	if !debian.Can() {
		return ErrNotInstalled
	}
	const settings = "/etc/postgresql-common/createcluster.conf"
	if _, err := os.Stat(settings); os.IsNotExist(err) {
		if err := os.MkdirAll(filepath.Dir(settings), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(settings, []byte("create_main_cluster = false\n"), 0o644); err != nil {
			return err
		}
	}
	if err := debian.Install("postgresql"); err != nil {
		return fmt.Errorf("%w\n%w", err, ErrNotInstalled)
	}
	_, err := Binaries()
	return err
}
