package sql

import (
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Defaults of a connection and of the pool; the URL may set its own. A statement that runs out
// of time, or waits too long for a lock, fails its transaction, and the client hears 503.
var pgDefaults = map[string]string{
	"statement_timeout":                   "5000",
	"lock_timeout":                        "2000",
	"idle_in_transaction_session_timeout": "10000",
	"application_name":                    "muster",
	"timezone":                            "UTC",
	// Load tells the planner to leave whole tables unread, which it does by a price that makes any
	// plan with one look worth compiling: most of a second for a statement of a millisecond.
	"jit": "off",
}

const (
	pgConnections    = 20
	pgConnectionLife = 30 * time.Minute
)

// poolerParameter of the URL says that a pooler stands between us and the server, and what it
// hands out: "transaction" means that each transaction may run on another connection of its own.
const poolerParameter = "pooler"

// pgConfig reads the URL: hosts, TLS and any parameter that PostgreSQL's own clients know.
func pgConfig(url string, o Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil { // its text may hold the password
		return nil, errors.New("the PostgreSQL URL cannot be read; it looks like postgres://user@host:5432/database?sslmode=verify-full, and several hosts like host1:5432,host2:5432")
	}
	params := config.ConnConfig.RuntimeParams
	for name, value := range pgDefaults {
		if _, ok := params[name]; !ok {
			params[name] = value
		}
	}
	if o.StatementTimeout > 0 {
		params["statement_timeout"] = strconv.FormatInt(o.StatementTimeout.Milliseconds(), 10)
	}
	// Acknowledged means durable: weaker settings of the server or the role do not count.
	if params["synchronous_commit"] != "remote_apply" {
		params["synchronous_commit"] = "on"
	}
	if config.ConnConfig.ValidateConnect == nil { // target_session_attrs: never a read-only stand-by
		config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	switch {
	case o.Connections > 0:
		config.MaxConns = int32(min(o.Connections, 10_000))
	case !strings.Contains(url, "pool_max_conns="):
		config.MaxConns = pgConnections
	}
	if !strings.Contains(url, "pool_max_conn_lifetime=") {
		config.MaxConnLifetime = pgConnectionLife
	}
	if params[poolerParameter] != "" && !strings.Contains(url, "default_query_exec_mode=") {
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe // needs no statement on the server
	}
	return config, nil
}

// setting is a parameter of the server and its value.
type setting struct{ name, value string }

// throughPooler takes the parameters that a pooler of transactions refuses or forgets out of the
// config, and returns them for every transaction to set. Without a pooler there are none.
func throughPooler(config *pgxpool.Config) ([]setting, error) {
	params := config.ConnConfig.RuntimeParams
	pooler := params[poolerParameter]
	delete(params, poolerParameter)
	switch pooler {
	case "":
		return nil, nil
	case "transaction":
	default:
		return nil, fmt.Errorf("the parameter %s=%s of the database URL is not known; write %s=transaction behind a pooler in transaction mode, and leave it out otherwise",
			poolerParameter, pooler, poolerParameter)
	}
	var local []setting
	for _, name := range slices.Sorted(maps.Keys(params)) {
		switch name {
		case "application_name", "timezone", "client_encoding", "datestyle", "options": // those it knows, or has to judge
			continue
		}
		local = append(local, setting{name, params[name]})
		delete(params, name)
	}
	return local, nil
}

// setScope is the statement that follows every begin.
func setScope(local []setting) string {
	sql := "select set_config('app.directory', $1, true), set_config('app.connector', $2, true), set_config('app.reach', $3, true)"
	for i := range local {
		n := strconv.Itoa(4 + 2*i)
		sql += ", set_config($" + n + ", $" + strconv.Itoa(5+2*i) + ", true)"
	}
	return sql
}

func (p *postgres) scopeArguments(sc scope) []any {
	args := []any{scopeText(sc.directory), scopeText(sc.connector), sc.reachText()}
	for _, s := range p.local {
		args = append(args, s.name, s.value)
	}
	return args
}

// isLoopback says whether only this machine answers to a host's name.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// crossesPlainly says whether a connection leaves the machine without checking whom it reaches.
func crossesPlainly(host string, tls *tls.Config) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || isLoopback(host) {
		return false
	}
	return tls == nil || tls.InsecureSkipVerify && tls.VerifyPeerCertificate == nil
}
