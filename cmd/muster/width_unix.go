//go:build unix

package main

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// widthOf is how many columns the screen behind w has; 0 if there is none.
func widthOf(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !isTerminal(w) {
		return 0
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}
