package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/muster-scim/muster/storage/sql"
)

// atDatabase are the flags of commands that go to the database itself, not to a server.
type atDatabase struct {
	DatabaseURL     secret `env:"MUSTER_DATABASE_URL" help:"sqlite://path or postgres://…; default sqlite://data/muster.db." placeholder:"URL"`
	DatabaseURLFile string `env:"MUSTER_DATABASE_URL_FILE" help:"File with the database URL." placeholder:"FILE"`
	printing
}

// where are the settings that name the database.
func (c *atDatabase) where() (*settings, error) {
	s := &settings{DatabaseURL: c.DatabaseURL}
	if err := readSecret("MUSTER_DATABASE_URL", c.DatabaseURLFile, &s.DatabaseURL); err != nil {
		return nil, err
	}
	s.DatabaseURL = cmp.Or(s.DatabaseURL, defaultDatabase)
	return s, s.checkDatabase()
}

// backupManifest stands beside a backup and says what it is. A backup without one is not whole.
type backupManifest struct {
	Format     int              `json:"format"`
	File       string           `json:"file"`
	Size       int64            `json:"size"`
	SHA256     string           `json:"sha256"`
	TakenAt    time.Time        `json:"takenAt"` // everything that was committed before is in it
	Version    string           `json:"version"` // of the program that made it
	Engine     string           `json:"engine"`
	Schema     int64            `json:"schema"`
	Namespace  string           `json:"namespace,omitempty"`
	AuditHead  string           `json:"auditHead,omitempty"`
	SecretKept bool             `json:"secretKept"` // the keys are inside; else MUSTER_SECRET_KEY is needed too
	Rows       map[string]int64 `json:"rows"`
}

const manifestFormat = 1

func (m backupManifest) copied() sql.Copy {
	return sql.Copy{Engine: m.Engine, Schema: m.Schema, Namespace: m.Namespace, Head: m.AuditHead, SecretKept: m.SecretKept, Rows: m.Rows}
}

func manifestOf(backup string) string { return backup + ".json" }

type backupCmd struct {
	atDatabase
	To string `arg:"" help:"The file to write, or a folder, where the file is named by the time." placeholder:"FILE|FOLDER" type:"path"`
}

// Help shows how.
func (backupCmd) Help() string {
	return "Copies the database while servers use it: everything that was acknowledged before is in the copy. Run it where the database can be reached, " +
		"with the MUSTER_DATABASE_URL of the server. PostgreSQL needs pg_dump on the PATH. Beside the file stands FILE.json, which says what it is; keep both, " +
		"and MUSTER_SECRET_KEY if that is set. The copy holds people's data, and only its owner can read it.\n\nExamples:\n\n" +
		"  muster backup /var/backups/muster/\n" +
		"  muster backup before-upgrade.backup\n" +
		"  muster restore before-upgrade.backup --replace"
}

// Run makes a backup.
func (c *backupCmd) Run(ctx context.Context, t *terminal) error {
	s, err := c.where()
	if err != nil {
		return err
	}
	m := backupManifest{Format: manifestFormat, TakenAt: time.Now().UTC().Truncate(time.Second), Version: version}
	to := c.To
	if info, err := os.Stat(to); err == nil && info.IsDir() {
		to = filepath.Join(to, "muster-"+m.TakenAt.Format("20060102T150405Z")+".backup")
	}
	for _, path := range []string{to, manifestOf(to)} {
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("%s is there already, and a backup replaces none: name another file, or a folder", path)
		}
	}
	part := to + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a backup that was stopped
		return err
	}
	copied, err := sql.Backup(ctx, string(s.DatabaseURL), sql.Options{Log: s.logger(t)}, part)
	if err != nil {
		_ = os.Remove(part) // it is in the way of nothing
		if errors.Is(err, sql.ErrNoTools) {
			return fmt.Errorf("%w. By hand, without what muster restore needs (docs/backup.md says how such a dump is restored):\n  %s", err, sql.ByHand(string(s.DatabaseURL), to))
		}
		return fmt.Errorf("backing up %s: %w", s.databaseName(), err)
	}
	m.Engine, m.Schema, m.Namespace, m.AuditHead, m.SecretKept, m.Rows = copied.Engine, copied.Schema, copied.Namespace, copied.Head, copied.SecretKept, copied.Rows
	m.File = filepath.Base(to)
	if m.Size, m.SHA256, err = sumOf(part); err != nil {
		return err
	}
	if err := os.Rename(part, to); err != nil {
		return err
	}
	if err := m.write(manifestOf(to)); err != nil {
		return err
	}
	return c.print(t, m, to)
}

func (c *backupCmd) print(t *terminal, m backupManifest, to string) error {
	if c.Output == asJSON {
		return printValue(t, m)
	}
	if err := say(t, "%s is written (%s), with %s beside it: schema version %d, %d users, %d events, audit head %s.", to, bytesText(uint64(m.Size)), filepath.Base(manifestOf(to)),
		m.Schema, m.Rows["users"], m.Rows["events"], cmp.Or(m.AuditHead, "none yet")); err != nil {
		return err
	}
	if m.SecretKept {
		return say(t, "The deployment's keys are in it: whoever has this file can sign as this deployment does.")
	}
	return say(t, "The secret key is not in it: keep MUSTER_SECRET_KEY too, elsewhere.")
}

// write writes the manifest whole or not at all, as the last thing of a backup.
func (m backupManifest) write(path string) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".part", path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// sumOf is a file's size and its SHA-256.
func sumOf(path string) (size int64, sum string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	hash := sha256.New()
	size, err = io.Copy(hash, f)
	return size, hex.EncodeToString(hash.Sum(nil)), err
}

// readBackup reads the manifest of a backup and checks that the file is the one it speaks of.
func readBackup(path string) (m backupManifest, err error) {
	data, err := os.ReadFile(manifestOf(path))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s is missing: either %s was not made by muster backup, or that was stopped before its end. docs/backup.md says how other copies are restored", manifestOf(path), path)
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(data, &m); err != nil || m.Format == 0 {
		return m, fmt.Errorf("%s does not describe a backup", manifestOf(path))
	}
	if m.Format != manifestFormat {
		return m, fmt.Errorf("%s is of format %d, and this program knows %d: restore with the version of Muster that made it (%s), or a newer one", path, m.Format, manifestFormat, m.Version)
	}
	size, sum, err := sumOf(path)
	if err != nil {
		return m, err
	}
	if size != m.Size || sum != m.SHA256 {
		return m, fmt.Errorf("%s is not as it was written: it has %d bytes with the SHA-256 %s, and %s says %d and %s. Take another copy of it", path, size, sum, manifestOf(path), m.Size, m.SHA256)
	}
	return m, nil
}
