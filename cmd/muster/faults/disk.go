package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// diskSize is the size of a small disk.
const diskSize = 400 << 20

// diskFull fills the disk under PostgreSQL's tables, and frees it again. Its log has a disk of its
// own, as it should have in production.
func diskFull() Scenario {
	s := Scenario{
		Name: "disk-full", Claim: "on a full disk writes are refused and reads go on; when there is room again so do writes",
		Options: cluster.Options{Replicas: 2}, SmallData: true, Within: 10 * time.Second,
	}
	s.Break = func(ctx context.Context, a *Arena) error {
		free, err := a.fillDisk()
		if err != nil {
			return err
		}
		a.Faults++
		if err := pause(ctx, 8*time.Second); err != nil {
			return err
		}
		until := time.Now()
		if n := a.watch.refusedWrites(until.Add(-3*time.Second), until); n == 0 {
			return errors.New("no write was refused: the disk was not full for the database")
		}
		if n := a.watch.answeredReads(until.Add(-3*time.Second), until); n == 0 {
			a.watch.report(found(honesty, Wrong, "on a full disk no read is answered"))
		}
		a.Healed = time.Now()
		return free()
	}
	return s
}

// logFull fills the disk that PostgreSQL's log is on. It gives up at once; when there is room
// again it is started, as a supervisor would do.
func logFull() Scenario {
	return Scenario{
		Name: "log-full", Claim: "PostgreSQL that dies of a full disk loses nothing that was acknowledged",
		Options: cluster.Options{Replicas: 2}, SmallLog: true, Within: 10 * time.Second,
		Break: func(ctx context.Context, a *Arena) error {
			free, err := a.fillDisk()
			if err != nil {
				return err
			}
			a.Faults++
			if err := a.useUpLog(ctx); err != nil {
				return err
			}
			if err := pause(ctx, 4*time.Second); err != nil {
				return err
			}
			if err := free(); err != nil {
				return err
			}
			if err := a.Postgres().Start(ctx); err != nil {
				return err
			}
			a.Healed = time.Now()
			return nil
		},
	}
}

// useUpLog has PostgreSQL begin the next file of its log, and the next, until it has none left that
// it made in advance.
func (a *Arena) useUpLog(ctx context.Context) error {
	for range 100 {
		if _, err := a.Query(ctx, a.DatabaseURL(), "select pg_switch_wal()"); err != nil {
			a.note("PostgreSQL, asked for the next file of its log: %v", err)
			return nil
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return errors.New("PostgreSQL does not mind a full disk under its log")
}

// arrangeDisks puts the log where the scenario wants it: on another disk than the data.
func (a *Arena) arrangeDisks(ctx context.Context) error {
	switch {
	case a.scenario.SmallData:
		return a.moveLog(ctx, filepath.Join(a.Dir(), "pg_wal"))
	case a.scenario.SmallLog:
		dir := filepath.Join(a.dir, "small")
		if err := a.mountDisk(dir); err != nil {
			return err
		}
		return a.moveLog(ctx, filepath.Join(dir, "pg_wal"))
	}
	return nil
}

// mountDisk mounts a small disk on a directory, which is made.
func (a *Arena) mountDisk(dir string) error {
	if err := os.Chmod(a.dir, 0o755); err != nil { // PostgreSQL's own user must get there
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0755", diskSize)); err != nil {
		return fmt.Errorf("mounting a small disk: %w", err)
	}
	a.disk = dir
	return nil
}

// unmountDisk takes the small disk away. Should this process die before, the disk goes with its
// mount namespace.
func (a *Arena) unmountDisk() {
	if a.disk != "" {
		_ = syscall.Unmount(a.disk, syscall.MNT_DETACH)
		_ = os.Remove(a.disk)
	}
}

// moveLog moves PostgreSQL's log to another directory.
func (a *Arena) moveLog(ctx context.Context, to string) error {
	if err := a.Postgres().Stop(); err != nil {
		return err
	}
	from := filepath.Join(a.Dir(), "postgres", "data", "pg_wal")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return fmt.Errorf("moving the log: %w", err)
	}
	var owner syscall.Stat_t
	if err := syscall.Stat(from, &owner); err != nil {
		return err
	}
	err := filepath.WalkDir(to, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Chown(path, int(owner.Uid), int(owner.Gid)))
	})
	if err = errors.Join(err, os.Chmod(to, 0o700), os.RemoveAll(from), os.Symlink(to, from)); err != nil {
		return err
	}
	return a.Postgres().Start(ctx)
}

// fillDisk fills the small disk to the last byte. free makes room again.
func (a *Arena) fillDisk() (free func() error, err error) {
	path := filepath.Join(a.disk, "filler")
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for _, size := range []int{1 << 20, 1 << 12, 1} {
		block := make([]byte, size)
		for err = nil; err == nil; {
			_, err = file.Write(block)
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return nil, fmt.Errorf("filling the disk: %w", err)
		}
	}
	return func() error { return os.Remove(path) }, nil
}

// refusedWrites counts the writes that were answered 503 in a span of time.
func (w *Watch) refusedWrites(from, to time.Time) int {
	return w.count(from, to, func(s sample) bool { return s.write && s.status == 503 })
}

// answeredReads counts the reads that succeeded in a span of time.
func (w *Watch) answeredReads(from, to time.Time) int {
	return w.count(from, to, func(s sample) bool { return !s.write && s.status == 200 })
}
