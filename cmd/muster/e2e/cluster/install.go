package cluster

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/muster-scim/muster/storage/storagetest/debian"
	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

// ErrNotInstalled is the cause of a start that did not find a server's program on this machine.
var ErrNotInstalled = errors.New("not installed here")

// packages are Debian's names for what the servers come in, and for what the commands in docs/ use.
var packages = map[string]string{"haproxy": "haproxy", "redis-server": "redis-server", "curl": "curl", "jq": "jq"}

// Install installs what is missing of PostgreSQL, Redis, HAProxy, curl and jq, where this process
// may: as root on Debian. Where it may not, it returns an error that says what to install.
func Install() error {
	if err := pgtest.Install(); err != nil {
		return err
	}
	for program, name := range packages {
		_, err := Installed(program)
		if err == nil {
			continue
		}
		if !debian.Can() {
			return err
		}
		if err := debian.Install(name); err != nil {
			return err
		}
	}
	return nil
}

// Installed returns the path of a program, such as haproxy or redis-server; without it, an error
// that says what to install. Debian keeps some where only root's path goes.
func Installed(program string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is %w: apt-get install %s", program, ErrNotInstalled, packages[program])
}
