package sql

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// pgTools are PostgreSQL's own client programs, told where the database is by a service file that
// only this user can read: neither their arguments nor their environment hold a password.
type pgTools struct {
	dir   string // of the service file
	paths map[string]string
}

// libpqParameters are those of a URL that PostgreSQL's programs know; the others are ours or the
// driver's.
var libpqParameters = []string{"host", "hostaddr", "port", "dbname", "user", "password", "passfile", "channel_binding", "connect_timeout", "options",
	"sslmode", "sslnegotiation", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl", "sslcrldir", "sslsni", "ssl_min_protocol_version", "ssl_max_protocol_version",
	"krbsrvname", "gssencmode", "gssdelegation", "require_auth", "target_session_attrs", "keepalives", "keepalives_idle", "tcp_user_timeout"}

// ErrNoTools says that PostgreSQL's programs are not there.
var ErrNoTools = errors.New("PostgreSQL's client programs are not on the PATH")

// findTools finds programs and prepares the service file; close removes it.
func findTools(dbURL string, o Options, names ...string) (*pgTools, error) {
	t := &pgTools{paths: map[string]string{}}
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			return nil, fmt.Errorf("%w: %s is missing. Install them (postgresql-client), or run this where they are", ErrNoTools, name)
		}
		t.paths[name] = path
	}
	service, err := serviceOf(dbURL, o)
	if err != nil {
		return nil, err
	}
	if t.dir, err = os.MkdirTemp("", "muster-pg-"); err != nil { // 0700
		return nil, err
	}
	if err := os.WriteFile(t.service(), []byte(service), 0o600); err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

func (t *pgTools) service() string { return filepath.Join(t.dir, "service.conf") }

func (t *pgTools) close() error { return os.RemoveAll(t.dir) }

// serviceOf is a service file for the database that a URL names, with sessions that see all rows.
func serviceOf(dbURL string, o Options) (string, error) {
	u, err := url.Parse(dbURL)
	if err != nil {
		return "", errors.New("the PostgreSQL URL cannot be read by PostgreSQL's programs; it looks like postgres://user@host:5432/database")
	}
	config, err := pgConfig(dbURL, o)
	if err != nil {
		return "", err
	}
	values := map[string]string{"host": config.ConnConfig.Host, "port": fmt.Sprint(config.ConnConfig.Port), "dbname": config.ConnConfig.Database, "user": config.ConnConfig.User}
	if password, ok := u.User.Password(); ok {
		values["password"] = password
	}
	for name, given := range u.Query() {
		if slices.Contains(libpqParameters, name) {
			values[name] = given[0]
		}
	}
	values["options"] = strings.TrimSpace(values["options"] + " -c app.reach=" + everythingText + " -c statement_timeout=0 -c idle_in_transaction_session_timeout=0")
	if path := config.ConnConfig.RuntimeParams["search_path"]; path != "" {
		values["options"] += " -c search_path=" + strings.ReplaceAll(path, " ", "")
	}
	var out strings.Builder
	out.WriteString("[muster]\n")
	for _, name := range libpqParameters {
		if value, ok := values[name]; ok && value != "" {
			if strings.ContainsAny(value, "\r\n") {
				return "", fmt.Errorf("the value of %s in the PostgreSQL URL has a line break", name)
			}
			out.WriteString(name + "=" + value + "\n")
		}
	}
	return out.String(), nil
}

// command prepares a program that talks to the database, if it talks to one.
func (t *pgTools) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	if name != "pg_restore" { // which writes a script here
		args = append(args, "--dbname=service=muster")
	}
	cmd := exec.CommandContext(ctx, t.paths[name], args...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "MUSTER_") { // our secrets are not theirs
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "PGSERVICEFILE="+t.service(), "PGAPPNAME=muster backup", "PGCLIENTENCODING=UTF8", "LC_ALL=C")
	return cmd
}

// run runs a program; its error says what it said.
func (t *pgTools) run(cmd *exec.Cmd) error {
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return toolError(cmd, err, said.Bytes())
	}
	return nil
}

func toolError(cmd *exec.Cmd, err error, said []byte) error {
	text := strings.TrimSpace(string(said))
	if len(text) > 2000 {
		text = "…" + text[len(text)-2000:]
	}
	return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, text)
}

// contents writes the list of what a dump holds, without the schema itself, which is there.
func (t *pgTools) contents(ctx context.Context, dump string) (string, error) {
	cmd := t.command(ctx, "pg_restore", "--list", dump)
	var list bytes.Buffer
	cmd.Stdout = &list
	if err := t.run(cmd); err != nil {
		return "", err
	}
	var kept strings.Builder
	for line := range strings.Lines(list.String()) {
		if fields := strings.Fields(line); len(fields) > 3 && (fields[3] == "SCHEMA" || fields[3] == "COMMENT" && slices.Contains(fields, "SCHEMA")) {
			continue
		}
		kept.WriteString(line)
	}
	path := filepath.Join(t.dir, "contents")
	return path, os.WriteFile(path, []byte(kept.String()), 0o600)
}

// play lets psql run what comes before, what dump writes, and what comes after. The transaction is
// theirs: a script that is cut off never comes to its commit.
func (t *pgTools) play(ctx context.Context, dump *exec.Cmd, before, after string) error {
	psql := t.command(ctx, "psql", "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
	script, err := psql.StdinPipe()
	if err != nil {
		return err
	}
	var psqlSaid, dumpSaid bytes.Buffer
	psql.Stderr, psql.Stdout, dump.Stderr = &psqlSaid, io.Discard, &dumpSaid
	if err := psql.Start(); err != nil {
		return err
	}
	_, err = io.WriteString(script, before)
	if err == nil {
		dump.Stdout = script
		err = dump.Run()
	}
	if err == nil {
		_, err = io.WriteString(script, after)
	}
	_ = script.Close() // psql's end says what matters
	ended := psql.Wait()
	switch {
	case ended != nil:
		return toolError(psql, ended, psqlSaid.Bytes())
	case err != nil:
		return toolError(dump, err, dumpSaid.Bytes())
	}
	return nil
}

// ByHand is the command that makes a dump where PostgreSQL's programs are.
func ByHand(dbURL, to string) string {
	config, err := pgConfig(dbURL, Options{})
	if err != nil {
		return ""
	}
	c := config.ConnConfig
	where := (&url.URL{Scheme: "postgres", User: url.User(c.User), Host: fmt.Sprintf("%s:%d", c.Host, c.Port), Path: "/" + c.Database}).String()
	return fmt.Sprintf("PGOPTIONS='-c app.reach=%s' pg_dump --format=custom --enable-row-security --file=%s %s", everythingText, pgx.Identifier{to}.Sanitize(), where)
}
