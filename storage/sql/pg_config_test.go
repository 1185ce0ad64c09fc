package sql

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

func TestOptionsWinOverTheURLAndTheURLOverDefaults(t *testing.T) {
	const url = "postgres://u@h/x"
	for _, c := range []struct {
		url         string
		options     Options
		connections int32
		timeout     string
	}{
		{url, Options{}, 20, "5000"},
		{url + "?pool_max_conns=3&statement_timeout=1000", Options{}, 3, "1000"},
		{url + "?pool_max_conns=3&statement_timeout=1000", Options{Connections: 7, StatementTimeout: 2 * time.Second}, 7, "2000"},
	} {
		config, err := pgConfig(c.url, c.options)
		if err != nil {
			t.Fatal(err)
		}
		params := config.ConnConfig.RuntimeParams
		if config.MaxConns != c.connections || params["statement_timeout"] != c.timeout {
			t.Errorf("%s with %+v: %d connections, %s ms", c.url, c.options, config.MaxConns, params["statement_timeout"])
		}
		if params["lock_timeout"] != "2000" || params["idle_in_transaction_session_timeout"] != "10000" || params["synchronous_commit"] != "on" ||
			params["application_name"] != "muster" || config.MaxConnLifetime != 30*time.Minute {
			t.Errorf("%s: %v, connections live %v", c.url, params, config.MaxConnLifetime)
		}
	}
}

func TestSeveralHostsAreTriedForTheOneThatWrites(t *testing.T) {
	config, err := pgConfig("postgresql://u:p@one:5432,two:5433/x?sslmode=disable", Options{})
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{fmt.Sprintf("%s:%d", config.ConnConfig.Host, config.ConnConfig.Port)}
	for _, f := range config.ConnConfig.Fallbacks {
		hosts = append(hosts, fmt.Sprintf("%s:%d", f.Host, f.Port))
	}
	if got := strings.Join(hosts, " "); got != "one:5432 two:5433" {
		t.Errorf("the hosts are %s", got)
	}
	if config.ConnConfig.ValidateConnect == nil {
		t.Error("a stand-by would do")
	}
}

func TestAPoolerOfTransactionsGetsNothingItWouldForget(t *testing.T) {
	config, err := pgConfig("postgres://u@h/x?pooler=transaction&search_path=muster&statement_timeout=1000", Options{})
	if err != nil {
		t.Fatal(err)
	}
	local, err := throughPooler(config)
	if err != nil {
		t.Fatal(err)
	}
	want := []setting{{"idle_in_transaction_session_timeout", "10000"}, {"jit", "off"}, {"lock_timeout", "2000"}, {"search_path", "muster"},
		{"statement_timeout", "1000"}, {"synchronous_commit", "on"}}
	if fmt.Sprint(local) != fmt.Sprint(want) {
		t.Errorf("each transaction sets %v, want %v", local, want)
	}
	if left := config.ConnConfig.RuntimeParams; len(left) != 2 || left["application_name"] != "muster" || left["timezone"] != "UTC" {
		t.Errorf("the connection sets %v", left)
	}
	if config.ConnConfig.DefaultQueryExecMode != pgx.QueryExecModeCacheDescribe {
		t.Errorf("statements are kept at the server: %v", config.ConnConfig.DefaultQueryExecMode)
	}
	if config, err = pgConfig("postgres://u@h/x?pooler=session", Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := throughPooler(config); err == nil || !strings.Contains(err.Error(), "pooler=transaction") {
		t.Errorf("another kind of pooler: %v, want what to write", err)
	}
}

func TestThroughAPoolerEachTransactionIsSetUpAndNothingIsMigrated(t *testing.T) {
	t.Parallel()
	s := open(t, servedURL(t)+"&pooler=transaction")
	sc := inDirectory(uuid.New(), uuid.New())
	for name, want := range map[string]string{
		"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "10s", "synchronous_commit": "on",
		"app.directory": sc.directory.String(), "app.connector": sc.connector.String(),
	} {
		var got string
		if err := s.write(t.Context(), sc, func(tx *tx) error {
			tx.query(func(r row) error { return r.Scan(&got) }, "select current_setting(?)", name)
			return nil
		}); err != nil || got != want {
			t.Errorf("%s = %q, %v, want %q", name, got, err, want)
		}
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Errorf("with nothing to migrate: %v", err)
	}
	owner := open(t, ordinaryOwner(t)+"&pooler=transaction")
	if err := owner.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "the server's own address") {
		t.Errorf("a migration through a pooler: %v, want where to do it", err)
	}
}
