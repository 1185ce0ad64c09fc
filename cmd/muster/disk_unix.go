//go:build unix

package main

import "golang.org/x/sys/unix"

// diskSpace is how much room there is where a folder lies, and how much there could be. known is
// false where that cannot be asked.
func diskSpace(folder string) (free, total uint64, known bool) {
	var s unix.Statfs_t
	if unix.Statfs(folder, &s) != nil {
		return 0, 0, false
	}
	return uint64(s.Bavail) * uint64(s.Bsize), uint64(s.Blocks) * uint64(s.Bsize), true //nolint:unconvert // their types differ from system to system
}
