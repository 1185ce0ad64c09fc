//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sql

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// lockFile takes the file for this process until it closes it or ends, however it ends. A
// second process gets an error that says who holds it.
func lockFile(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
		holder, _ := io.ReadAll(io.LimitReader(f, 64))
		return nil, fmt.Errorf("another Muster process (%s) has it open; only one may: stop that one, or use PostgreSQL for several replicas",
			strings.TrimSpace(string(holder)))
	}
	if err := f.Truncate(0); err == nil { // who it is: only for the message above
		_, _ = fmt.Fprintf(f, "pid %d\n", os.Getpid())
	}
	return f, nil
}
