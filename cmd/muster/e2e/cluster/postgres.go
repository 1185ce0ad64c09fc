package cluster

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

// database is one PostgreSQL server.
type database struct {
	*Part
	dir  string // its sockets and settings; the data is in data below
	data string
}

// startPostgres makes the primary, with Muster's roles and its database, and starts it.
func (c *Cluster) startPostgres(ctx context.Context) error {
	if _, err := pgtest.Binaries(); err != nil {
		return fmt.Errorf("PostgreSQL is %w\n%w", ErrNotInstalled, err)
	}
	db, err := c.database("postgres", "")
	if err != nil {
		return err
	}
	c.postgres = db
	fresh := false
	if _, err := os.Stat(filepath.Join(db.data, "PG_VERSION")); err != nil {
		fresh = true
		initdb := c.tool("initdb", "-D", db.data, "-U", "postgres", "--auth=scram-sha-256",
			"--pwfile="+filepath.Join(c.secrets, "postgres_password"),
			"-E", "UTF8", "--locale=C", "--data-checksums", "--no-instructions", "--no-sync")
		if out, err := initdb.CombinedOutput(); err != nil {
			return fmt.Errorf("initdb: %w\n%s", err, out)
		}
	}
	if err := db.Start(ctx); err != nil {
		return err
	}
	if !fresh {
		return nil
	}
	return c.script("init.sh", c.superuser()...)
}

// startStandby makes the stand-by, starts it, and has commits wait for it.
func (c *Cluster) startStandby(ctx context.Context) error {
	db, err := c.database("standby", "standby.sh")
	if err != nil {
		return err
	}
	c.standby = db
	if err := db.Start(ctx); err != nil {
		return err
	}
	return c.script("synchronous.sh", c.hostAndPort()...)
}

// database describes a server, run by the script of deploy/postgres if one is named.
func (c *Cluster) database(name, script string) (*database, error) {
	address, err := c.address(name)
	if err != nil {
		return nil, err
	}
	db := &database{dir: filepath.Join(c.dir, name)}
	db.data = filepath.Join(db.dir, "data")
	if err := c.makeDatabaseDirectory(db.dir); err != nil {
		return nil, fmt.Errorf("making the directory of %s: %w", name, err)
	}
	command, err := c.databaseCommand(db, address, script)
	if err != nil {
		return nil, err
	}
	db.Part = &Part{
		name: name, address: address, log: filepath.Join(c.dir, name+".log"), command: command,
		end: syscall.SIGINT, // rolls back, disconnects and ends, where SIGTERM would wait for clients
	}
	db.ready = func(ctx context.Context) error {
		out, err := c.toolContext(ctx, "pg_isready", "--quiet", "-h", db.dir, "-p", port(address), "-t", "5").CombinedOutput()
		if err != nil {
			return fmt.Errorf("pg_isready: %w %s", err, out)
		}
		return nil
	}
	return db, nil
}

// makeDatabaseDirectory makes a server's directory with the settings of deploy/ in it. They are
// copied, as the server's user need not be able to read the source tree.
func (c *Cluster) makeDatabaseDirectory(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"postgresql.conf", "pg_hba.conf"} {
		text, err := os.ReadFile(c.deploy("postgres", name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return giveToServer(dir)
}

// giveToServer makes a directory the property of the user that PostgreSQL runs as.
func giveToServer(dir string) error {
	owner, err := pgtest.ServerUser()
	if err != nil || owner == nil {
		return err
	}
	return os.Chown(dir, int(owner.Uid), int(owner.Gid))
}

// databaseCommand is the server's command line. Whatever is the same in production is in
// deploy/postgres/postgresql.conf.
func (c *Cluster) databaseCommand(db *database, address, script string) (func() *exec.Cmd, error) {
	bin, err := pgtest.Binaries()
	if err != nil {
		return nil, err
	}
	arguments := []string{"-D", db.data,
		"-c", "config_file=" + filepath.Join(db.dir, "postgresql.conf"), "-c", "hba_file=" + filepath.Join(db.dir, "pg_hba.conf"),
		"-c", "listen_addresses=127.0.0.1", "-c", "port=" + port(address), "-c", "unix_socket_directories=" + db.dir}
	if !c.options.Durable {
		// synchronous_commit stays as it is: commits wait for a stand-by also without a disk.
		arguments = append(arguments, "-c", "fsync=off", "-c", "full_page_writes=off")
	}
	program := filepath.Join(bin, "postgres")
	text := ""
	if script != "" {
		if text, err = c.scriptText(script); err != nil {
			return nil, err
		}
	}
	return func() *exec.Cmd {
		if script == "" {
			return c.tool("postgres", arguments...)
		}
		cmd := c.tool("sh", append([]string{"-c", text, script, program}, arguments...)...)
		cmd.Env = append(cmd.Env, "PGDATA="+db.data, "PRIMARY_HOST=127.0.0.1", "PRIMARY_PORT="+port(c.postgres.address))
		return cmd
	}, nil
}

// Promote makes the stand-by the primary. It does not wait for anybody any more. The former
// primary should be down, and must not come back as one.
func (c *Cluster) Promote(ctx context.Context) error {
	if c.standby == nil {
		return fmt.Errorf("promoting the stand-by: the cluster has none")
	}
	out, err := c.toolContext(ctx, "pg_ctl", "promote", "-D", c.standby.data, "-t", "30").CombinedOutput()
	if err != nil {
		return fmt.Errorf("promoting the stand-by: %w\n%s", err, out)
	}
	return nil
}

// DatabaseURL is the URL of Muster's database on the primary of the start, for its superuser.
func (c *Cluster) DatabaseURL() string { return c.superuserURL(c.postgres, "muster") }

// AdministrationURL is the same for the database in which databases are made and dropped.
func (c *Cluster) AdministrationURL() string { return c.superuserURL(c.postgres, "postgres") }

// StandbyURL is the same on the stand-by; "" without one.
func (c *Cluster) StandbyURL() string {
	if c.standby == nil {
		return ""
	}
	return c.superuserURL(c.standby, "muster")
}

func (c *Cluster) superuserURL(db *database, name string) string {
	query := url.Values{"host": {db.dir}, "port": {port(db.address)}}
	return "postgres://postgres:" + c.secret("postgres_password") + "@/" + name + "?" + query.Encode()
}

// roleURL is the URL by which a replica reaches the database as a role: at all servers there are,
// of which the one that takes writes is chosen.
func (c *Cluster) roleURL(role string) (string, error) {
	var hosts []string
	for _, db := range []*database{c.postgres, c.standby} {
		if db == nil {
			continue
		}
		address, err := c.via(db.Part)
		if err != nil {
			return "", err
		}
		hosts = append(hosts, address)
	}
	password := c.secret(strings.TrimPrefix(role, "muster_") + "_password")
	return "postgres://" + role + ":" + password + "@" + strings.Join(hosts, ",") +
		"/muster?sslmode=disable&target_session_attrs=read-write", nil
}

// superuser is the environment of a client that is the superuser of the primary.
func (c *Cluster) superuser() []string {
	return []string{"PGHOST=" + c.postgres.dir, "PGPORT=" + port(c.postgres.address), "PGPASSWORD=" + c.secret("postgres_password")}
}

func (c *Cluster) hostAndPort() []string {
	return []string{"PGHOST=127.0.0.1", "PGPORT=" + port(c.postgres.address)}
}

// script runs one of the scripts of deploy/postgres.
func (c *Cluster) script(name string, environment ...string) error {
	text, err := c.scriptText(name)
	if err != nil {
		return err
	}
	cmd := c.tool("sh", "-c", text, name)
	cmd.Env = append(cmd.Env, environment...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("deploy/postgres/%s: %w\n%s", name, err, out)
	}
	return nil
}

func (c *Cluster) scriptText(name string) (string, error) {
	text, err := os.ReadFile(c.deploy("postgres", name))
	return string(text), err
}

// tool is one of PostgreSQL's programs, or the shell, as the user that the servers run as and
// with PostgreSQL's programs in its path.
func (c *Cluster) tool(name string, arguments ...string) *exec.Cmd {
	return c.toolContext(context.Background(), name, arguments...)
}

func (c *Cluster) toolContext(ctx context.Context, name string, arguments ...string) *exec.Cmd {
	bin, _ := pgtest.Binaries()     // startPostgres has looked
	owner, _ := pgtest.ServerUser() // the same
	program := filepath.Join(bin, name)
	if name == "sh" {
		program = "/bin/sh"
	}
	cmd := exec.CommandContext(ctx, program, arguments...)
	cmd.Dir = c.dir
	cmd.Env = append(environment(), "PATH="+bin+":"+os.Getenv("PATH"), "SECRETS_DIR="+c.secrets)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	cmd.WaitDelay = time.Second
	return cmd
}

func port(address string) string {
	_, port, _ := net.SplitHostPort(address) // addresses are our own
	return port
}
