package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/muster-scim/muster/cmd/muster/levels"
	"github.com/muster-scim/muster/cmd/muster/tracing"
	"github.com/muster-scim/muster/gateway"
	"github.com/muster-scim/muster/storage/redis"
	"github.com/muster-scim/muster/tenants"
	"github.com/muster-scim/muster/web"
)

// settings are what the server is told, by flags or by the environment. Secrets can also come
// from files, which the environment's readers (ps, crash reports) do not show.
type settings struct {
	Listen          string `env:"MUSTER_LISTEN" default:"127.0.0.1:8080" help:"Address to listen on." placeholder:"ADDR"`
	PublicURL       string `env:"MUSTER_PUBLIC_URL" help:"What base URLs and Location are built from; default http:// and the address." placeholder:"URL"`
	DatabaseURL     secret `env:"MUSTER_DATABASE_URL" help:"sqlite://path or postgres://…; default sqlite://data/muster.db." placeholder:"URL"`
	DatabaseURLFile string `env:"MUSTER_DATABASE_URL_FILE" help:"File with the database URL." placeholder:"FILE"`
	DatabasePool    int    `env:"MUSTER_DATABASE_POOL" help:"Connections to PostgreSQL that this process opens at most; default 20." placeholder:"N"`
	Migrate         bool   `env:"MUSTER_MIGRATE" default:"true" negatable:"" help:"Bring the database to this version's schema at the start; else wait until muster migrate has."`
	AdminToken      secret `env:"MUSTER_ADMIN_TOKEN" help:"Bearer token of the admin API; with SQLite the first start makes one." placeholder:"TOKEN"`
	AdminTokenFile  string `env:"MUSTER_ADMIN_TOKEN_FILE" help:"File with the admin token." placeholder:"FILE"`
	SecretKey       secret `env:"MUSTER_SECRET_KEY" help:"Signs and authenticates; made at the first start and kept in the database when left out." placeholder:"KEY"`
	SecretKeyFile   string `env:"MUSTER_SECRET_KEY_FILE" help:"File with the secret key." placeholder:"FILE"`
	InsecureHTTP    bool   `env:"MUSTER_INSECURE_HTTP" help:"Serve plain HTTP beyond this machine although nothing in front of it speaks TLS."`
	RateLimit       string `env:"MUSTER_RATE_LIMIT" default:"50/s,200" help:"Requests a second, and at once, of each connector that has no limits of its own; 0: no limit." placeholder:"RATE"`
	Concurrency     int    `env:"MUSTER_CONCURRENCY" default:"8" help:"Requests in flight of each connector that has no limit of its own; 0: no limit." placeholder:"N"`
	LimitShadow     bool   `env:"MUSTER_LIMIT_SHADOW" help:"Limits only report in the log what they would refuse."`
	TrustedProxies  string `env:"MUSTER_TRUSTED_PROXIES" help:"Addresses or networks of proxies, with commas, that are believed when they say whom they forward for." placeholder:"LIST"`
	RedisURL        secret `env:"MUSTER_REDIS_URL" help:"Redis by which replicas share credentials and limits: redis://…, rediss://… or unix:///…, several addresses for a Cluster; default: each replica by itself." placeholder:"URL"`
	RedisURLFile    string `env:"MUSTER_REDIS_URL_FILE" help:"File with the Redis URL." placeholder:"FILE"`
	MetricsListen   string `env:"MUSTER_METRICS_LISTEN" help:"Address of an own listener for /metrics and /readyz?verbose, open to everybody who reaches it; default: none, and both want the admin token." placeholder:"ADDR"`
	LogLevel        string `env:"MUSTER_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: ${enum}."`
	LogFormat       string `env:"MUSTER_LOG_FORMAT" default:"text" enum:"text,json" help:"How log lines are written: ${enum}."`

	EnvironmentLabel string `env:"MUSTER_ENVIRONMENT_LABEL" help:"What the interface calls this deployment on every page, up to 20 signs, with a comma and a colour if you like: Production, red; default: nothing." placeholder:"TEXT"`

	AuditRetention span `env:"MUSTER_AUDIT_RETENTION" default:"400d" help:"How long events are kept, at least 30d; 0: for ever." placeholder:"TIME"`

	ActivityRetention span `env:"MUSTER_ACTIVITY_RETENTION" default:"30d" help:"How long SCIM requests are kept; 0: for ever." placeholder:"TIME"`
	ActivitySize      size `env:"MUSTER_ACTIVITY_SIZE" default:"10GB" help:"How much of the database SCIM requests may take, roughly; the oldest go first; 0: no limit." placeholder:"SIZE"`

	ImportPrivate bool `env:"MUSTER_IMPORT_PRIVATE" help:"Imports may be pulled from SCIM servers on this machine and in private networks, and over plain HTTP."`

	OIDCIssuer           string `env:"MUSTER_OIDC_ISSUER" help:"OpenID provider with which administrators can sign in; default: none." placeholder:"URL"`
	OIDCClientID         string `env:"MUSTER_OIDC_CLIENT_ID" help:"What the provider calls this application." placeholder:"ID"`
	OIDCClientSecret     secret `env:"MUSTER_OIDC_CLIENT_SECRET" help:"The application's secret at the provider." placeholder:"SECRET"`
	OIDCClientSecretFile string `env:"MUSTER_OIDC_CLIENT_SECRET_FILE" help:"File with the application's secret." placeholder:"FILE"`
	OIDCRoleClaim        string `env:"MUSTER_OIDC_ROLE_CLAIM" help:"Claim of the ID token that says what administrators may do; default: none, and only who was invited comes in." placeholder:"CLAIM"`
	OIDCRoles            string `env:"MUSTER_OIDC_ROLES" help:"What the claim's values mean, with commas: value=role; default: owner, ruleEditor, operator and viewer mean themselves." placeholder:"LIST"`

	WebhookPrivate string `env:"MUSTER_WEBHOOK_PRIVATE_NETWORKS" help:"Addresses or networks inside, with commas, that webhooks may call beside public ones; with 127.0.0.0/8 also over plain HTTP." placeholder:"LIST"`

	DatabaseStatementTimeout time.Duration `env:"MUSTER_DATABASE_STATEMENT_TIMEOUT" help:"When PostgreSQL ends a statement; default 5s." placeholder:"TIME"`

	ShutdownDelay time.Duration `env:"MUSTER_SHUTDOWN_DELAY" default:"0s" help:"How long a stopping server, unready already, still takes requests: as long as a load balancer needs to notice." placeholder:"TIME"`

	quota   tenants.Quota  // read from the three limits
	redis   redis.Server   // read from RedisURL, if that is set
	proxies []netip.Prefix // read from TrustedProxies

	webhookNetworks []netip.Prefix // read from WebhookPrivate

	environment web.Environment // read from EnvironmentLabel

	levels *levels.Levels // what the logger logs; nil before there is one
}

const defaultDatabase = "sqlite://data/muster.db"

// secret is a text that no log or help shows.
type secret string

// String and LogValue keep the text out of whatever prints a struct.
func (s secret) String() string {
	if s == "" {
		return ""
	}
	return "(set)"
}

// LogValue is String for slog.
func (s secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// complete reads secrets from their files, fills in what follows from something else and
// refuses what cannot be served or would not do what it says.
func (s *settings) complete() error {
	for _, from := range []struct {
		name, file string
		value      *secret
	}{
		{"MUSTER_DATABASE_URL", s.DatabaseURLFile, &s.DatabaseURL},
		{"MUSTER_ADMIN_TOKEN", s.AdminTokenFile, &s.AdminToken},
		{"MUSTER_SECRET_KEY", s.SecretKeyFile, &s.SecretKey},
		{"MUSTER_REDIS_URL", s.RedisURLFile, &s.RedisURL},
		{"MUSTER_OIDC_CLIENT_SECRET", s.OIDCClientSecretFile, &s.OIDCClientSecret},
	} {
		if err := readSecret(from.name, from.file, from.value); err != nil {
			return err
		}
	}
	if s.DatabaseURL == "" {
		s.DatabaseURL = defaultDatabase
	}
	for _, check := range []func() error{s.checkMetrics, s.checkDatabase, s.checkPool, s.checkRedis, s.checkLimits, s.checkAddress, s.checkShutdown, s.checkAudit, s.checkWebhooks, s.checkOIDC, s.checkEnvironment} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// readSecret reads the secret from its file, if one is named. Both at once is a mistake that
// would leave somebody wondering which one counts.
func readSecret(name, file string, value *secret) error {
	if file == "" {
		return nil
	}
	if *value != "" {
		return fmt.Errorf("%s and %s_FILE are both set; set one", name, name)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading %s_FILE: %w", name, err)
	}
	*value = secret(strings.TrimSpace(string(text)))
	if *value == "" {
		return fmt.Errorf("%s_FILE names the file %s, which is empty", name, file)
	}
	return nil
}

// checkMetrics refuses an address for the metrics that could not be listened on.
func (s *settings) checkMetrics() error {
	if s.MetricsListen == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(s.MetricsListen); err != nil {
		return fmt.Errorf("MUSTER_METRICS_LISTEN is %q; write host:port, such as 127.0.0.1:9090 or 0.0.0.0:9090, or unset it", s.MetricsListen)
	}
	if s.MetricsListen == s.Listen {
		return fmt.Errorf("MUSTER_METRICS_LISTEN and MUSTER_LISTEN are both %s; choose another port, or unset the first: /metrics is on the main port for the admin token", s.Listen)
	}
	return nil
}

func (s *settings) checkDatabase() error {
	u := string(s.DatabaseURL)
	for _, scheme := range []string{"sqlite://", "postgres://", "postgresql://"} {
		if !strings.HasPrefix(u, scheme) || len(u) == len(scheme) {
			continue
		}
		if _, err := url.Parse(u); err != nil && scheme != "sqlite://" { // the error shows the password
			return errors.New("MUSTER_DATABASE_URL cannot be read; it looks like postgres://user:password@host:5432/database?sslmode=verify-full, " +
				"and signs such as @ / : % in a password are written %40 %2F %3A %25")
		}
		return nil
	}
	return errors.New("MUSTER_DATABASE_URL must be sqlite://path or postgres://user@host/database")
}

// checkRedis reads where Redis is. Whether it is there shows when the server runs, and is no
// condition for that.
func (s *settings) checkRedis() (err error) {
	if s.RedisURL == "" {
		return nil
	}
	if s.redis, err = redis.ParseURL(string(s.RedisURL)); err != nil {
		return fmt.Errorf("MUSTER_REDIS_URL cannot be used: %w", err)
	}
	return nil
}

// checkLimits reads the limits that connectors have by default, and whom a proxy may speak for.
func (s *settings) checkLimits() error {
	rate, err := tenants.ParseRate(s.RateLimit)
	if err != nil {
		return fmt.Errorf("MUSTER_RATE_LIMIT: %w", err)
	}
	if s.Concurrency < 0 {
		return fmt.Errorf("MUSTER_CONCURRENCY is %d; write how many requests of one connector may be in flight, or 0 for no limit", s.Concurrency)
	}
	s.quota = tenants.DefaultQuota()
	s.quota.Rate, s.quota.Concurrency, s.quota.Shadow = rate, s.Concurrency, s.LimitShadow
	s.proxies = nil
	for text := range strings.SplitSeq(s.TrustedProxies, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		proxy, err := parseNetwork(text)
		if err != nil {
			return fmt.Errorf("MUSTER_TRUSTED_PROXIES: %q is neither an address nor a network; write 10.0.0.7 or 10.0.0.0/24", text)
		}
		s.proxies = append(s.proxies, proxy)
	}
	return nil
}

// parseNetwork reads a network, or an address as the network of just that one.
func parseNetwork(s string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	return netip.ParsePrefix(s)
}

// checkAddress fills in the public URL and refuses to send tokens over a network in the clear.
//
//	listens on        public URL        MUSTER_INSECURE_HTTP
//	127.0.0.1, ::1    any               -        served: nothing leaves the machine
//	0.0.0.0, an IP    https://…         -        served: TLS ends at the proxy that the URL names
//	0.0.0.0, an IP    none, http://…    no       refused
//	0.0.0.0, an IP    none, http://…    true     served, with a warning
func (s *settings) checkAddress() error {
	host, _, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return fmt.Errorf("MUSTER_LISTEN is %q; write host:port, such as 127.0.0.1:8080 or 0.0.0.0:8080", s.Listen)
	}
	if s.PublicURL == "" {
		s.PublicURL = "http://" + s.Listen
	}
	s.PublicURL = strings.TrimRight(s.PublicURL, "/")
	public, err := url.Parse(s.PublicURL)
	if err != nil || public.Host == "" || (public.Scheme != "http" && public.Scheme != "https") || public.RawQuery != "" || public.Fragment != "" {
		return fmt.Errorf("MUSTER_PUBLIC_URL is %q; write it as https://muster.example.com", s.PublicURL)
	}
	if s.InsecureHTTP || loopback(host) || public.Scheme == "https" {
		return nil
	}
	return fmt.Errorf("MUSTER_LISTEN is %s, so tokens would cross the network in plain HTTP.\n"+
		"  Behind a proxy that speaks TLS, say so: MUSTER_PUBLIC_URL=https://the-name-of-the-proxy, and let only the proxy reach this port.\n"+
		"  On one machine, listen on 127.0.0.1:8080.\n"+
		"  If plain HTTP is what you want (a closed test network), set MUSTER_INSECURE_HTTP=true", s.Listen)
}

// checkShutdown keeps the delay within what supervisors wait before they kill.
func (s *settings) checkShutdown() error {
	if s.ShutdownDelay < 0 || s.ShutdownDelay > time.Minute {
		return fmt.Errorf("MUSTER_SHUTDOWN_DELAY is %v; write a time up to a minute, such as 3s, or 0s without a load balancer", s.ShutdownDelay)
	}
	return nil
}

// loopback says whether only this machine can connect to a host.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// besideDatabase is the path of a file beside the SQLite database; false on PostgreSQL.
func besideDatabase(databaseURL, name string) (string, bool) {
	path, ok := strings.CutPrefix(databaseURL, "sqlite://")
	if !ok {
		return "", false
	}
	path, _, _ = strings.Cut(path, "?")
	return filepath.Join(filepath.Dir(path), name), true
}

// tokenFile is where the first start puts the admin token.
const tokenFile = "admin.token"

// logger writes to w as the settings say.
func (s *settings) logger(t *terminal) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // kong has checked it
	s.levels = levels.New(level, time.Now, gateway.ConnectorOf)
	options := &slog.HandlerOptions{Level: slog.LevelDebug} // what is logged of that, levels says
	var out slog.Handler = slog.NewTextHandler(t.err, options)
	if s.LogFormat == "json" {
		out = slog.NewJSONHandler(t.err, options)
	}
	if tracing.Wanted(os.Getenv) {
		out = tracing.Logs(out)
	}
	return slog.New(s.levels.Handler(out))
}

type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Say what the server would run with, and what is wrong with it; exit status 1 if it would not start."`
}

type configCheckCmd struct {
	settings
	printing
}

// Run prints the settings, secrets only as set or not.
func (c *configCheckCmd) Run(t *terminal) error {
	if err := c.complete(); err != nil {
		return err
	}
	if typos := misspelt(os.Environ()); len(typos) > 0 {
		return errors.New(strings.Join(typos, "\n"))
	}
	token := c.AdminToken.String()
	if token == "" {
		file, ok := besideDatabase(string(c.DatabaseURL), tokenFile)
		if !ok {
			return errNoAdminToken
		}
		token = "in " + file
	}
	key := c.SecretKey.String()
	if key == "" {
		key = "in the database"
	}
	shared := "none: each replica by itself"
	if c.RedisURL != "" {
		shared = c.redis.String()
	}
	rows := [][]string{
		{"listen", c.Listen}, {"public URL", c.PublicURL}, {"database", c.databaseName()}, {"admin token", token},
		{"secret key", key}, {"redis", shared}, {"metrics", cmp.Or(c.MetricsListen, "on the main port, for the admin token")}, {"rate limit", c.limitNames()}, {"log", c.LogFormat + ", " + c.LogLevel},
	}
	if c.Output == asJSON {
		said := map[string]string{}
		for _, row := range rows {
			said[row[0]] = row[1]
		}
		return printValue(t, said)
	}
	return table(t.out, nil, rows)
}

// limitNames says which limits connectors have by default.
func (s *settings) limitNames() string {
	text := "none"
	if !s.quota.Rate.None() {
		text = s.quota.Rate.String()
	}
	if s.quota.Concurrency > 0 {
		text += fmt.Sprintf(", %d in flight", s.quota.Concurrency)
	}
	if s.quota.Shadow {
		text += " (only reported)"
	}
	return text
}

var errNoAdminToken = errors.New("with PostgreSQL the admin token must be given: set MUSTER_ADMIN_TOKEN, or MUSTER_ADMIN_TOKEN_FILE to a file with it")

// databaseName is the database URL without what is secret in it.
func (s *settings) databaseName() string {
	u, err := url.Parse(string(s.DatabaseURL))
	if err != nil {
		return "(cannot be parsed)"
	}
	if u.Scheme == "sqlite" {
		return string(s.DatabaseURL)
	}
	return u.Scheme + "://" + u.Host + u.Path
}
