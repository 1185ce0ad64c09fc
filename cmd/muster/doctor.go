package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/muster-scim/muster/storage/redis"
	"github.com/muster-scim/muster/storage/sql"
)

type doctorCmd struct {
	settings
	printing
}

// finding is one line of muster doctor.
type finding struct {
	Check  string `json:"check"`
	State  string `json:"state"` // ok, warn, fail
	Detail string `json:"detail"`
	Next   string `json:"next,omitempty"`
}

const (
	fine  = "ok"
	warns = "warn"
	fails = "fail"
)

// doctorTime bounds each group of checks.
const doctorTime = 10 * time.Second

// doctor collects findings. The checks below fill it in from what everything rests on upwards.
type doctor struct {
	settings *settings
	found    []finding
	instance string // of the database; empty if it is not known
	served   bool   // a server answers where MUSTER_LISTEN says
}

func (d *doctor) add(check, state, detail, next string) {
	d.found = append(d.found, finding{check, state, detail, next})
}

// Run looks at everything, prints it and ends with 1 if something fails.
func (c *doctorCmd) Run(ctx context.Context, t *terminal) error {
	d := &doctor{settings: &c.settings}
	if d.checkConfiguration() {
		for _, check := range []func(context.Context){d.checkServer, d.checkDatabase, d.checkBackup, d.checkRedis, d.checkPublicURL} {
			bounded, cancel := context.WithTimeout(ctx, doctorTime)
			check(bounded)
			cancel()
		}
	}
	if err := d.print(t, c.Output); err != nil {
		return err
	}
	for _, f := range d.found {
		if f.State == fails {
			return exitStatus(1)
		}
	}
	return nil
}

func (d *doctor) print(t *terminal, output string) error {
	if output == "json" {
		data, err := json.Marshal(d.found)
		if err != nil {
			return err
		}
		return printJSON(t.out, data)
	}
	var rows [][]string
	count := map[string]int{}
	for _, f := range d.found {
		count[f.State]++
		text := f.Detail
		if f.Next != "" {
			text += ". " + f.Next
		}
		rows = append(rows, []string{f.State, f.Check, text})
	}
	if err := table(t.out, nil, rows); err != nil {
		return err
	}
	return say(t, "\n%d ok, %d to look at, %d wrong", count[fine], count[warns], count[fails])
}

// checkConfiguration says whether the server would start with these settings. Without that,
// nothing else can be looked at.
func (d *doctor) checkConfiguration() bool {
	if err := d.settings.complete(); err != nil {
		d.add("configuration", fails, err.Error(), "The server does not start with it; muster serve --help lists all settings.")
		return false
	}
	for _, typo := range misspelt(os.Environ()) {
		d.add("configuration", warns, typo, "")
	}
	d.add("configuration", fine, "version "+version+", "+d.settings.databaseName(), "")
	_, file := besideDatabase(string(d.settings.DatabaseURL), tokenFile)
	switch token := d.settings.AdminToken; {
	case token == "" && !file:
		d.add("admin token", fails, "none is set", errNoAdminToken.Error())
	case token == "":
		d.add("admin token", fine, "in the file beside the database", "")
	case len(token) < 16:
		d.add("admin token", warns, "it is short", "Use at least 16 random characters, such as those of: openssl rand -hex 32")
	default:
		d.add("admin token", fine, "set", "")
	}
	switch key := d.settings.SecretKey; {
	case key == "" && file:
		d.add("secret key", fine, "made at the first start and kept in the database", "")
	case key == "":
		d.add("secret key", warns, "it is kept in the database", "Set MUSTER_SECRET_KEY to keep it apart from what it protects. Access tokens that were given out end with that.")
	case len(key) < 32:
		d.add("secret key", warns, "it is short", "Use at least 32 random characters, such as those of: openssl rand -hex 32")
	default:
		d.add("secret key", fine, "set", "")
	}
	return true
}

// checkDatabase looks at the database itself, and at the disk under SQLite.
func (d *doctor) checkDatabase(ctx context.Context) {
	s := d.settings
	if file, ok := besideDatabase(string(s.DatabaseURL), ""); ok && !d.checkFile(file) {
		return
	}
	store, err := openStore(ctx, s, discard)
	if err != nil {
		if _, file := besideDatabase(string(s.DatabaseURL), ""); file && d.served {
			return // the running server has it, and has said how it is
		}
		d.add("database", fails, err.Error(), "")
		return
	}
	for _, f := range store.Examine(ctx) {
		d.add(f.Name, f.State, f.Detail, f.Next)
	}
	if at, err := store.Version(ctx); err == nil && at > 0 {
		if key, err := store.Key(ctx, "instance"); err == nil {
			d.instance = instanceOf(key)
		}
	}
	if err := store.Close(); err != nil {
		d.add("database", warns, "closing it: "+err.Error(), "")
	}
}

// oldBackup is how old the last backup may be before it is worth a line.
const oldBackup = 8 * 24 * time.Hour

// checkBackup says when the last backup was made, where there is something to back up.
func (d *doctor) checkBackup(ctx context.Context) {
	at, err := sql.LastBackup(ctx, string(d.settings.DatabaseURL), sql.Options{Log: discard})
	switch {
	case err != nil: // there is no database yet, or checkDatabase has said what is wrong
	case at.IsZero():
		d.add("backup", warns, "muster backup has made none", "Make one now and then: muster backup FOLDER. If something else does, all is well.")
	case time.Since(at) > oldBackup:
		d.add("backup", warns, "the last one was made on "+at.Format(time.DateTime+" UTC"), "Make one: muster backup FOLDER")
	default:
		d.add("backup", fine, "the last one was made on "+at.Format(time.DateTime+" UTC"), "")
	}
}

// checkRedis looks at Redis, if one is set.
func (d *doctor) checkRedis(ctx context.Context) {
	if d.settings.RedisURL == "" {
		d.add("redis", fine, "not used: each replica goes by itself", "")
		return
	}
	for _, f := range redis.Examine(ctx, d.settings.redis) {
		d.add(f.Name, f.State, f.Detail, f.Next)
	}
}

// Room on the disk under a SQLite file, below which it is worth a line.
const (
	littleRoom = 2 << 30
	noRoom     = 200 << 20
)

// checkFile looks at the file of a SQLite database and at its disk. It is false where there is
// nothing to open yet.
func (d *doctor) checkFile(folder string) bool {
	path := sqliteFile(string(d.settings.DatabaseURL))
	if free, total, known := diskSpace(nearest(folder)); known {
		detail := fmt.Sprintf("%s of %s are free where the database is", bytesText(free), bytesText(total))
		switch {
		case free < noRoom:
			d.add("disk", fails, detail, "Make room, or put the database on another disk: without room every change is refused.")
		case free < littleRoom:
			d.add("disk", warns, detail, "Make room before it is used up.")
		default:
			d.add("disk", fine, detail, "")
		}
	}
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		d.add("database", fine, "there is no file "+path+" yet; the first start makes it", "")
		return false
	case err != nil:
		d.add("database", fails, err.Error(), "This user must be able to read and write there.")
		return false
	case info.Mode().Perm()&0o077 != 0:
		d.add("database file", warns, fmt.Sprintf("%s can be read by others (%v)", path, info.Mode().Perm()), "chmod 600 it: it holds people's data.")
	default:
		d.add("database file", fine, fmt.Sprintf("%s, %s", path, bytesText(uint64(max(0, info.Size())))), "")
	}
	return true
}
