package cluster

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// killTree kills a process and all its descendants, as a machine that loses power would end them:
// none gets to do anything any more, and when it returns none is there. The parents are frozen
// before their children are listed, so that none is born meanwhile. A process group would not do:
// PostgreSQL's processes have sessions of their own.
func killTree(root int) {
	for pids := freezeTree(root); len(pids) > 0; pids = freezeTree(root) {
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone
		}
		waitGone(pids)
	}
}

// freezeTree stops a process and all its descendants and returns them, the root first. A
// process that is gone is not among them.
func freezeTree(root int) (frozen []int) {
	for {
		fresh := 0
		for _, pid := range tree(root) {
			if !slices.Contains(frozen, pid) && syscall.Kill(pid, syscall.SIGSTOP) == nil {
				frozen = append(frozen, pid)
				fresh++
			}
		}
		if fresh == 0 {
			return frozen
		}
	}
}

// thawTree lets a frozen tree run on, the leaves first.
func thawTree(root int) {
	pids := tree(root)
	for i := len(pids) - 1; i >= 0; i-- {
		_ = syscall.Kill(pids[i], syscall.SIGCONT)
	}
}

// tree lists a process and its descendants, parents before children. Zombies are left out: there
// is nothing left to do to them.
func tree(root int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	alive := map[int]bool{}
	for _, file := range stats {
		pid, parent, state, ok := readStat(file)
		if !ok || state == 'Z' || state == 'X' {
			continue
		}
		alive[pid] = true
		children[parent] = append(children[parent], pid)
	}
	if !alive[root] {
		return nil
	}
	list := []int{root}
	for i := 0; i < len(list); i++ {
		list = append(list, children[list[i]]...)
	}
	return list
}

// readStat reads who a process is from its line in /proc; the name in the middle may hold
// anything, parentheses too.
func readStat(file string) (pid, parent int, state byte, ok bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, 0, false
	}
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 1 || end < open {
		return 0, 0, 0, false
	}
	rest := bytes.Fields(text[end+1:])
	if len(rest) < 2 || len(rest[0]) != 1 {
		return 0, 0, 0, false
	}
	pid, err1 := strconv.Atoi(string(bytes.TrimSpace(text[:open])))
	parent, err2 := strconv.Atoi(string(rest[1]))
	return pid, parent, rest[0][0], err1 == nil && err2 == nil
}

// waitGone waits until processes are gone, or zombies, which somebody else reaps. There is
// nothing to be notified by, as they are not our children.
func waitGone(pids []int) {
	for _, pid := range pids {
		file := filepath.Join("/proc", strconv.Itoa(pid), "stat")
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
			if _, _, state, ok := readStat(file); !ok || state == 'Z' || state == 'X' {
				break
			}
		}
	}
}
